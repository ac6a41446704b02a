"""The contracts as pages: docs/tables.md and docs/metrics.md, written by `shoplog docs` and never by hand."""

from __future__ import annotations

from collections.abc import Sequence

from shoplog.contracts.columns import REASONS
from shoplog.contracts.families import LIVE_FAMILIES
from shoplog.contracts.model import Family
from shoplog.contracts.ratios import COUNTED, RATIOS
from shoplog.contracts.session_figures import SESSIONS
from shoplog.contracts.tables import TABLES

_WRITTEN = "<!-- Written by `shoplog docs` from src/shoplog/contracts/; a test fails when it is stale. -->"

_ABOUT_TABLES = "Times are UTC; units stand in names. `gold_*_now` and `gold_*_live` are views of the same columns."
_ABOUT_FIGURES = (
    "Every figure is made by one expression, the same live and nightly where it is both, and compared every night."
)

_ABOUT_RATIOS = (
    "Read of these after adding up whatever windows, and never added up; null where nothing is there to divide by:"
)


def tables_page() -> str:
    """Return the page of every physical table: what one row is, who writes it, its columns."""
    parts = [
        "# Tables",
        _WRITTEN,
        _ABOUT_TABLES,
    ]
    for table in TABLES.values():
        partition = f" · partitioned by {', '.join(table.partition_by)}" if table.partition_by else ""
        key = f" · key {', '.join(table.key)}" if table.key else ""
        rows = [
            (
                f"`{column.name}`",
                column.type,
                column.meaning + (f": {', '.join(column.allowed)}" if column.allowed else ""),
            )
            for column in table.columns
        ]
        parts += [f"## {table.name}", f"One row is {table.meaning}. Written by {table.writer}{partition}{key}."]
        parts.append(markdown_table(("column", "type", "meaning"), rows))
    parts += [
        "## Reasons of refused lines",
        markdown_table(("reason", "meaning"), [(f"`{k}`", v) for k, v in REASONS.items()]),
    ]
    return "\n\n".join(parts) + "\n"


def metrics_page() -> str:
    """Return the page of every figure: what it counts, in which unit, by which SQL."""
    parts = [
        "# Figures",
        _WRITTEN,
        _ABOUT_FIGURES,
    ]
    for family in (*LIVE_FAMILIES, SESSIONS):
        where = _where(family)
        by = f" by {', '.join(family.dimensions)}" if family.dimensions else ""
        rows = [(f"`{m.figure_name or m.name}`", m.unit, m.meaning, f"`{m.partial}`") for m in family.metrics]
        parts += [
            f"## {family.name}",
            f"{family.meaning[0].upper()}{family.meaning[1:]}. A window is {family.window_minutes} minutes of {family.time}{by}; "
            f"rows: `{family.of}`. In {where}.",
            markdown_table(("figure", "unit", "meaning", "of its rows"), rows),
        ]
        read = {**COUNTED.get(family.name, {}), **RATIOS.get(family.name, {})}
        if read:
            more = [(f"`{name}`", unit, meaning, f"`{sql}`") for name, (sql, unit, meaning) in read.items()]
            parts += [_ABOUT_RATIOS, markdown_table(("figure", "unit", "meaning", "of figures added up"), more)]
    return "\n\n".join(parts) + "\n"


def _where(family: Family) -> str:
    if family is SESSIONS:
        return f"`{family.table}`, `{family.table}_now`; nightly only, see [sessions.md](sessions.md)"
    return f"`{family.table}`, `{family.table}_live`, `{family.table}_now`" if family.table else "live only"


PAGES = {"tables.md": tables_page, "metrics.md": metrics_page}


def markdown_table(names: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Return the rows as a table of Markdown below its columns' names."""

    def line(cells: tuple[str, ...]) -> str:
        return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"

    return "\n".join([line(names), line(("---",) * len(names)), *map(line, rows)])
