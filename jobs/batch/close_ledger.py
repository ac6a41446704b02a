"""The ledger of one UTC day, as it stood when it was closed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from shoplog.contracts.model import Table
from shoplog.contracts.tables import LEDGER_FILE, LEDGER_WINDOW
from shoplog.io.leases import table_leases
from shoplog.io.sinks import create_table, replace_days
from shoplog.ledger.account import FileRow, WindowRow
from shoplog.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def close_ledger(
    session: SparkSession, settings: Settings, day: date, files: list[FileRow], windows: list[WindowRow]
) -> None:
    """Replace the day in ledger_file (every file known by now) and ledger_window (the windows that start on the day)."""
    of_day = [row for row in windows if datetime.fromisoformat(row.window_start).date() == day]
    with table_leases(settings, (LEDGER_FILE.name, LEDGER_WINDOW.name), "ledger", session._jvm):
        _replace(session, settings, LEDGER_FILE, day, [asdict(row) for row in files])
        _replace(session, settings, LEDGER_WINDOW, day, [asdict(row) for row in of_day])


def _replace(session: SparkSession, settings: Settings, table: Table, day: date, rows: list[dict[str, Any]]) -> None:
    create_table(session, settings, table.name)
    values = []
    for row in rows:
        if "window_start" in row:
            row["window_start"] = datetime.fromisoformat(row["window_start"]).astimezone(UTC)
        values.append(tuple({**row, "day": day}[name] for name in table.column_names))
    replace_days(session.createDataFrame(values, table.schema_ddl).coalesce(1), settings, table.name, [day])
