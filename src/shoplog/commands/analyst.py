"""sql, export, tables: questions to the tables; parse stands beside them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from shoplog.commands.batch import Day, parse_day
from shoplog.commands.parse import parse
from shoplog.commands.printing import Json, show
from shoplog.contracts.tables import TABLES
from shoplog.errors import UserError
from shoplog.settings import Settings

# By which column a table's rows have their UTC day, the first that is there.
_DAYS = (
    ("event_date", "event_date"), ("window_date", "window_date"), ("window_start", "window_start::date"), ("day", "day"),
    ("ingest_date", "ingest_date"),
)  # fmt: skip

Output = Annotated[Path | None, typer.Option(help="Write into this file instead of printing.")]


def sql(
    query: Annotated[
        str | None, typer.Argument(help="DuckDB SQL over the tables and views; by default standard input, or a prompt.")
    ] = None,
    form: Annotated[
        str, typer.Option("--format", help="table, csv, json (one object a row); with --output also parquet.")
    ] = "table",
    output: Output = None,
) -> None:
    """Ask the tables; no Spark is started."""
    from shoplog.io.query import FILE_FORMS, format_rows, run_sql, write_sql

    settings = Settings.load()
    known = (*FILE_FORMS,) if output is not None else ("table", "csv", "json")
    if output is not None and form == "table":
        form = output.suffix.removeprefix(".")
    if form not in known:
        raise UserError(f"Format {form!r} is unknown here: use {', '.join(known)}.")
    if query is None and sys.stdin.isatty():
        from shoplog.commands.sql_prompt import SqlPrompt

        SqlPrompt(settings, form).cmdloop()
        return
    asked = sys.stdin.read() if query is None else query
    if output is None:
        print(format_rows(*run_sql(settings, asked), form), end="")
    else:
        print(f"{write_sql(settings, asked, output, form):,} rows in {output}")


def export(
    table: Annotated[str, typer.Argument(help="A table or view, such as gold_traffic_1m_now; see shoplog tables.")],
    output: Annotated[Path, typer.Option(help="File to write: .csv, .json or .parquet.")],
    day: Day = None,
    to: Annotated[str | None, typer.Option(help="Last UTC day of a longer period.")] = None,
) -> None:
    """Write a table's rows of a UTC day or period into a file."""
    from shoplog.io.query import FILE_FORMS, columns_of, write_sql
    from shoplog.report.question import parse_span

    settings, form = Settings.load(), output.suffix.removeprefix(".")
    if form not in FILE_FORMS:
        raise UserError(f"{output} says no format: let its name end in {', '.join('.' + name for name in FILE_FORMS)}.")
    span = parse_span(parse_day(day), None if to is None else parse_day(to))
    columns = columns_of(settings, table)
    found = [(name, of_day) for name, of_day in _DAYS if name in columns]
    if not found:
        raise UserError(f"{table} has no day to choose by: use shoplog sql with --output.")
    rows = write_sql(
        settings,
        f"select * from \"{table}\" where {found[0][1]} between '{span.first}' and '{span.last}'",
        output,
        form,
    )
    print(f"{rows:,} rows in {output}")


def tables(as_json: Json = False) -> None:
    """List the tables: what one row is, who writes it, its columns."""
    rows = [
        {"table": t.name, "one row is": t.meaning, "writer": t.writer, "columns": ", ".join(t.column_names)}
        for t in TABLES.values()
    ]
    show("tables", rows, as_json)


def docs() -> None:
    """Write anew what is generated in docs/: tables, figures, settings, monitoring."""
    from dashboard.monitoring.documents import PAGES as MONITORING
    from shoplog.contracts.documents import PAGES
    from shoplog.settings.document import PAGES as SETTINGS

    for name, page in (PAGES | SETTINGS | MONITORING).items():
        path = Settings.load().repo / "docs" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(page(), encoding="utf-8")


COMMANDS: tuple[Callable[..., Any], ...] = (sql, export, tables, docs, parse)
