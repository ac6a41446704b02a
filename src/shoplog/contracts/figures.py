"""What can be read of a family's added-up partials: its measures, what is counted over them, its ratios."""

from __future__ import annotations

from dataclasses import dataclass

from shoplog.contracts.duckdb_sql import figure_sql
from shoplog.contracts.metrics import WITHOUT_VISITOR
from shoplog.contracts.model import Family, Metric
from shoplog.contracts.ratios import COUNTED, RATIOS

MONEY = "site currency"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a section: `sql` reads it of the family's added-up partials. `is_count`: 0 where no row is."""

    name: str
    sql: str
    unit: str
    meaning: str
    is_count: bool


def figures_of(family: Family) -> dict[str, Figure]:
    """Return every figure that can be read of a family, by name; histograms are read by their percentiles alone."""
    counted = COUNTED.get(family.name, {})
    # What is counted over merged rows is read by its name.
    found = [Figure(name, name, unit, meaning, unit != MONEY) for name, (_, unit, meaning) in counted.items()]
    for metric in family.metrics if not counted else ():
        if metric.type == "binary":
            meaning = f"{metric.meaning}; null where the salts were dead; over several days a person counts once a day"
            found.append(
                Figure(metric.figure_name or metric.name, _known_people(family, metric), metric.unit, meaning, True)
            )
        elif metric.type != "array<bigint>":
            found.append(Figure(metric.name, metric.name, metric.unit, metric.meaning, metric.type == "bigint"))
    for name, (sql, unit, meaning) in RATIOS.get(family.name, {}).items():
        found.append(
            Figure(name, f"({sql})::decimal(18,2)" if unit == MONEY else sql, unit, meaning, unit == "requests")
        )
    return {figure.name: figure for figure in found}


def _known_people(family: Family, sketch: Metric) -> str:
    """Return the SQL of an estimate that is null where it is 0 only because nobody could be told from anybody else."""
    estimate = figure_sql(sketch, sketch.name)
    if WITHOUT_VISITOR in family.metrics:
        return f"case when {WITHOUT_VISITOR.name} = 0 then {estimate} else nullif({estimate}, 0) end"
    return f"nullif({estimate}, 0)"
