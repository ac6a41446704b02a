"""A question in SQL over tables and views, and its answer as text."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from shoplog.errors import UserError
from shoplog.io.views import connect
from shoplog.settings import Settings

Rows = list[tuple[Any, ...]]
# Each form of a file as DuckDB's COPY is told.
FILE_FORMS = {"csv": "format csv, header", "json": "format json", "parquet": "format parquet"}


def run_sql(settings: Settings, query: str) -> tuple[list[str], Rows]:
    """Return column names and rows; raises `UserError` with DuckDB's sentence where the query is wrong."""
    try:
        cursor = connect(settings, query.lower()).execute(query)
        # A question of comments alone is answered by nothing.
        if cursor is None or not cursor.description:
            raise UserError("There is no question: write SQL such as select count(*) from silver_request.")
        return _apart([column[0] for column in cursor.description]), cursor.fetchall()
    except duckdb.Error as error:
        raise UserError(f"The query failed: {str(error).splitlines()[0]}") from error


def write_sql(settings: Settings, query: str, path: Path, form: str) -> int:
    """Write what the query finds into the file, as `FILE_FORMS` names them; return how many rows."""
    try:
        written = connect(settings, query.lower()).execute(
            f"copy ({query.rstrip().rstrip(';')}\n) to $path ({FILE_FORMS[form]})", {"path": str(path)}
        )
        return int(written.fetchall()[0][0])
    except duckdb.Error as error:
        raise UserError(f"The query failed: {str(error).splitlines()[0]}") from error


def columns_of(settings: Settings, name: str) -> list[str]:
    """Return the columns of a table or view; raises `UserError` where there is none of this name."""
    return [row[0] for row in run_sql(settings, f'describe "{name}"')[1]]


def format_rows(names: list[str], rows: Rows, output: str) -> str:
    """Return lines: rows as a table, CSV, or one JSON object a row, of which there are no lines where there are no rows."""
    if output == "json":
        return "".join(f"{json.dumps(dict(zip(names, row, strict=True)), default=_plain)}\n" for row in rows)
    if output == "csv":
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([[_plain(value) for value in row] for row in rows])
        return text.getvalue()
    with pl.Config(tbl_rows=100, tbl_cols=50, tbl_hide_column_data_types=True, fmt_str_lengths=80):
        cells = [[None if value is None else str(value) for value in row] for row in rows]
        return f"{pl.DataFrame(cells, schema=dict.fromkeys(names, pl.String), orient='row')}\n"


def _apart(names: list[str]) -> list[str]:
    """Return the names, with a number behind those that were there before."""
    return [name if (n := names[:at].count(name)) == 0 else f"{name}_{n + 1}" for at, name in enumerate(names)]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return value if isinstance(value, int | float | str | None) else str(value)
