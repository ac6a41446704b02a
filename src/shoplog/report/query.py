"""A section's SQL: partials of the period added up, the first rows of each site, beside them the other period's figures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from shoplog.contracts.duckdb_sql import merge_sql
from shoplog.contracts.figures import Figure, figures_of
from shoplog.contracts.model import Family, Metric
from shoplog.contracts.ratios import COUNTED
from shoplog.contracts.sections import Section
from shoplog.report.question import Question, Span

Parameters = dict[str, Any]
BEFORE, FOUND = "before_", "found"


def figures(section: Section) -> list[Figure]:
    """Return the section's figures in order."""
    known = figures_of(section.family)
    return [known[name] for name in section.figures]


def section_query(
    section: Section, question: Question, sites: Sequence[str], before: str | None = None
) -> tuple[str, Parameters]:
    """Return SQL over the view `<family>_rows`, and its parameters; the other period's rows may have a view of their own.

    Its rows: site, `place` (from 1), `places` (rows in all), the dimensions, the figures, `found` (null where no partial
    stands behind the row); with a period to compare with, its figures and `found` as `before_<name>`. First place first, and
    always the row of the first place, which knows `places`: that of an `offset` after the last row as well.
    A section without dimensions has one row for every site.
    """
    shown = figures(section)
    keys = ", ".join(("site", *section.by))
    given, parameters = row_conditions(section, question)
    conditions = f"list_contains($sites, site) and {given}"
    parameters["sites"] = list(sites)
    read = ", ".join((FOUND, *(f"{figure.sql} as {figure.name}" for figure in shown)))
    every = "(select unnest($sites) as site) left join added using (site)" if not section.by else "added"
    most = "" if section.is_series else f"{shown[0].sql} desc nulls last, "
    parts = [
        f"added as ({_added(section, conditions, 'span', f'{section.family.name}_rows')})",
        f"placed as (select *, row_number() over (partition by site order by {most}{keys}) as place, "
        f"count(*) over (partition by site) as places from {every} where {section.at_least or 'true'})",
        f"chosen as (select * from placed where {_on_page(section, question)})",
        f"shown as (select {keys}, place, places, {read} from chosen)",
    ]
    parameters |= _dates("span", question.span)
    select, join = "a.*", ""
    if question.compare is not None:
        parameters |= _dates("compare", question.compare)
        same = " and ".join(f"a.{name} is not distinct from b.{name}" for name in ("site", *section.by))
        parts += [
            f"earlier as ({_added(section, conditions, 'compare', before or f'{section.family.name}_rows')})",
            f"before as (select {keys}, {read} from (select b.* from earlier b semi join chosen a on {same}))",
        ]
        select += "".join(f", b.{name} as {BEFORE}{name}" for name in (FOUND, *section.figures))
        join = f" left join before b on {same}"
    return f"with {', '.join(parts)} select {select} from shown a{join} order by site, place", parameters


def _on_page(section: Section, question: Question) -> str:
    """Return the SQL of which places are read. The order of places has no ties: a site's row has dimensions of its own."""
    if section.is_series:
        # All of it stands on the first page, and nothing of it on the others.
        return "place = 1" if question.offset else "true"
    return f"place = 1 or (place > {question.offset} and place <= {question.offset + question.limit})"


def row_conditions(section: Section, question: Question) -> tuple[str, Parameters]:
    """Return the SQL of what a row must fulfil beside its day and site, and its parameters."""
    conditions, parameters = [section.only or "true"], Parameters()
    for number, given in enumerate(question.filters):
        name = f"filter_{number}"
        known = [value for value in given.values if value is not None]
        parameters[name] = known
        tests = [f"coalesce(list_contains(${name}::varchar[], {given.dimension}::varchar), false)"]
        if None in given.values:
            tests.append(f"{given.dimension} is null")
        conditions.append(f"{'not ' if given.negated else ''}({' or '.join(tests)})")
    return " and ".join(f"({condition})" for condition in conditions), parameters


def _dates(name: str, span: Span) -> Parameters:
    return {f"{name}_first": span.first, f"{name}_last": span.last}


def _added(section: Section, conditions: str, span: str, rows: str) -> str:
    """Return the SQL of one period's partials added up by the section's dimensions."""
    counted = COUNTED.get(section.family.name, {})
    by = ["site", *kept_dimensions(section)]
    merged = ", ".join(f"{merge_sql(metric)} as {metric.name}" for metric in needed_metrics(section))
    added = (
        f"select {', '.join(by)}, true as {FOUND}, {merged} from {rows} "
        f"where window_date between ${span}_first and ${span}_last and {conditions} group by all"
    )
    if not counted:
        return added
    counts = ", ".join(f"{sql} as {name}" for name, (sql, _, _) in counted.items())
    return f"select {', '.join(('site', *section.by))}, true as {FOUND}, {counts} from ({added}) group by all"


def kept_dimensions(section: Section) -> tuple[str, ...]:
    """Return what partials are added up by: where they are counted afterwards, by the whole key of what is counted."""
    counted = section.family.dimensions if section.family.name in COUNTED else ()
    return tuple(dict.fromkeys((*section.by, *counted)))


def needed_metrics(section: Section) -> list[Metric]:
    """Return the metrics that the section's figures are read of."""
    family: Family = section.family
    known = figures_of(family)
    texts = [section.at_least, *(known[name].sql for name in section.figures)]
    words = {word for text in texts for word in re.findall(r"[a-z_0-9]+", text)}
    return [metric for metric in family.metrics if family.name in COUNTED or metric.name in words]
