"""Figures against the truth: every row, every figure, exactly; estimates of distinct visitors within their stated error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from shoplog.contracts.families import VISITORS
from shoplog.contracts.model import Family, Table
from shoplog.contracts.visitor_minutes import VISITOR_MINUTES

# Of the sketch, as its contract says; five of them are exceeded once in two million times.
STANDARD_ERROR = 0.016
_ERRORS = 5


# Columns of which the generator knows no answer. Ids are keyed by salts that only the stream has. Entropy, points and rules are
# how the verdict was reached; the verdict itself is compared.
UNTOLD = {
    "silver_session": ("session_id", "visitor_id"),
    "gold_disguised_1d": ("visitor_id", "path_entropy_bits", "score", "rules"),
}
MINUTE_COLUMNS = ("site", "window_start", *(metric.name for metric in VISITOR_MINUTES.metrics))


@dataclass(slots=True)
class Compared:
    """How many figures were compared, how many of them are estimates, and a sentence on each that is wrong."""

    figures: int = 0
    estimates: int = 0
    largest_error: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Compared) -> None:
        self.figures += other.figures
        self.estimates += other.estimates
        self.largest_error = max(self.largest_error, other.largest_error)
        self.wrong += other.wrong


def figure_names(family: Family) -> list[str]:
    """Return the names of what people read of a family."""
    return [metric.figure_name or metric.name for metric in family.metrics if metric.type != "binary" or metric.figure]


def compare(family: Family, found: pl.DataFrame, truth: pl.DataFrame) -> Compared:
    """Compare a family's rows with the truth by site, window and dimensions; a figure without truth is an error."""
    keys, figures = ["site", "window_start", *family.dimensions], figure_names(family)
    unknown = [name for name in (*keys, *figures) if name not in truth.columns]
    assert not unknown, f"the truth of {family.name} says nothing of {', '.join(unknown)}"
    both = (
        _keyed(found, keys, figures)
        .with_columns(is_found=True)
        .join(
            _keyed(truth, keys, figures).with_columns(is_true=True),
            on=keys,
            how="full",
            nulls_equal=True,
            coalesce=True,
        )
    )
    made = Compared(wrong=_wrong_rows(family, both, keys, found))
    both = both.filter(pl.col("is_found") & pl.col("is_true"))
    for name in figures:
        made.figures += len(both)
        if name == VISITORS.figure_name:
            made.estimates += len(both)
            error = (both[name] - both[f"{name}_right"]).abs()
            share = (error / both[f"{name}_right"].clip(lower_bound=1)).max()
            made.largest_error = max(made.largest_error, float(share or 0))  # type: ignore[arg-type]
            bad = error > (both[f"{name}_right"] * STANDARD_ERROR * _ERRORS + 0.5)
        else:
            bad = both[name].ne_missing(both[f"{name}_right"])
        made.wrong += [
            f"{family.name}.{name} of {[row[key] for key in keys]} is {row[name]}, in truth {row[f'{name}_right']}"
            for row in both.filter(bad).iter_rows(named=True)
        ]
    return made


def _keyed(rows: pl.DataFrame, keys: list[str], figures: list[str]) -> pl.DataFrame:
    dimensions = pl.col("http_status").cast(pl.Int64) if "http_status" in keys else pl.col("site")
    return rows.select(*keys, *figures).with_columns(dimensions, pl.col("window_start").cast(pl.Datetime("us", "UTC")))


def _wrong_rows(family: Family, both: pl.DataFrame, keys: list[str], found: pl.DataFrame) -> list[str]:
    words = {"is_true": "is no row of the truth", "is_found": "is missing"}
    wrong = [
        f"{family.name}: {list(row)} {text}"
        for side, text in words.items()
        for row in both.filter(pl.col(side).is_null()).select(keys).iter_rows()
    ]
    if found.select(keys).is_duplicated().any():
        wrong.append(f"{family.name}: a key stands in two rows")
    return wrong


def compare_table(table: Table, found: pl.DataFrame, truth: pl.DataFrame) -> Compared:
    """Compare whole rows of a table, without keys; what is left out, `UNTOLD` says."""
    columns = [one for one in table.column_names if one not in UNTOLD.get(table.name, ())]
    return compare_rows(table.name, columns, found, truth)


def compare_minutes(found: pl.DataFrame, truth: pl.DataFrame) -> Compared:
    """Compare each visitor's minutes, without the visitor's ids."""
    return compare_rows(VISITOR_MINUTES.name, MINUTE_COLUMNS, found, truth)


def compare_rows(name: str, columns: Sequence[str], found: pl.DataFrame, truth: pl.DataFrame) -> Compared:
    """Compare rows by these columns: each stands as often on both sides."""
    unknown = [column for column in columns if column not in truth.columns]
    assert not unknown, f"the truth of {name} says nothing of {', '.join(unknown)}"
    ours, true = (Counter(_plain(row) for row in rows.select(columns).iter_rows()) for rows in (found, truth))
    wrong = [f"{name}: {row} is no row of the truth" for row in (ours - true).elements()]
    wrong += [f"{name}: {row} is missing" for row in (true - ours).elements()]
    return Compared(figures=len(truth) * len(columns), wrong=wrong)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple(_plain(one) for one in value.values())
    return tuple(_plain(one) for one in value) if isinstance(value, list | tuple) else value
