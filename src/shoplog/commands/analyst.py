"""sql, tables, parse: questions to the tables and to a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from shoplog.commands.printing import Json, show
from shoplog.contracts.tables import TABLES
from shoplog.errors import UserError
from shoplog.settings import Settings
from shoplog.sites import LOG_FORMATS


def sql(
    query: Annotated[str, typer.Argument(help="DuckDB SQL over the tables and views.")],
    output: Annotated[str, typer.Option("--format", help="table, csv or json (one object a row).")] = "table",
) -> None:
    """Ask the tables; no Spark is started."""
    from shoplog.io.views import format_rows, run_sql

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


def parse(
    file: Annotated[Path, typer.Argument(help="A log file: plain, gz, bz2, zst.")],
    log_format: Annotated[str, typer.Option("--format", help=f"One of {', '.join(LOG_FORMATS)}.")] = "combined",
    as_json: Json = False,
) -> None:
    """Read a file as the stream would and show each line's fields, or why it is refused. Nothing is stored."""
    import polars as pl

    from shoplog.io.logfile import check_readable, read_lines
    from shoplog.transforms.parse import Reading, parse_lines

    if log_format not in LOG_FORMATS:
        raise UserError(f"Format {log_format!r} is unknown: use one of {', '.join(LOG_FORMATS)}.")
    check_readable(file)
    fields = ("event_time", "method", "url", "path", "status", "bytes_sent", "duration_ms", "referrer", "user_agent",
              "request_id", "address")  # fmt: skip
    counts: dict[str, int] = {}
    for lines in read_lines(file, "parse", "parse", datetime.now(UTC)):
        rows = parse_lines(
            lines.with_columns(pl.lit(None, pl.String).alias("reason")), {"parse": Reading(log_format, 1)}
        )
        for reason, number in rows.group_by("reason").len().iter_rows():
            counts[reason or "parsed"] = counts.get(reason or "parsed", 0) + number
        if as_json:
            for row in rows.select("reason", *fields).iter_rows(named=True):
                reason = row.pop("reason")
                print(json.dumps({"ok": reason is None, "reason": reason, "fields": row}, default=_iso))
    if not as_json:
        show(str(file), [{"result": name, "lines": number} for name, number in sorted(counts.items())], False)


def _iso(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


COMMANDS: tuple[Callable[..., Any], ...] = (sql, tables, parse)
