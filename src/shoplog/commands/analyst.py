"""sql, tables: questions to the tables; parse stands beside them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from shoplog.commands.parse import parse
from shoplog.commands.printing import Json, show
from shoplog.contracts.tables import TABLES
from shoplog.errors import UserError
from shoplog.settings import Settings


def sql(
    query: Annotated[str, typer.Argument(help="DuckDB SQL over the tables and views.")],
    output: Annotated[str, typer.Option("--format", help="table, csv or json (one object a row).")] = "table",
) -> None:
    """Ask the tables; no Spark is started."""
    from shoplog.io.query import format_rows, run_sql

    if output not in ("table", "csv", "json"):
        raise UserError(f"Format {output!r} is unknown: use table, csv or json.")
    print(format_rows(*run_sql(Settings.load(), query), output))


def tables(as_json: Json = False) -> None:
    """List the tables: what one row is, who writes it, its columns."""
    rows = [
        {"table": t.name, "one row is": t.meaning, "writer": t.writer, "columns": ", ".join(t.column_names)}
        for t in TABLES.values()
    ]
    show("tables", rows, as_json)


def docs() -> None:
    """Write docs/tables.md and docs/metrics.md anew from the contracts."""
    from shoplog.contracts.documents import PAGES

    for name, page in PAGES.items():
        (Settings.load().repo / "docs" / name).write_text(page(), encoding="utf-8")


COMMANDS: tuple[Callable[..., Any], ...] = (sql, tables, docs, parse)
