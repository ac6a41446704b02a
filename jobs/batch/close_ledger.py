"""The ledger of one UTC day, as it stood when it was closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from shoplog.contracts.model import Table
from shoplog.contracts.proof import LEDGER_FILE, LEDGER_WINDOW
from shoplog.io.leases import table_leases
from shoplog.io.marks import FileKey
from shoplog.io.sinks import create_table, replace_days
from shoplog.ledger.account import WindowRow
from shoplog.ledger.fates import NO_FATES, Fates
from shoplog.ledger.file_account import FileRow
from shoplog.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def close_ledger(
    session: SparkSession,
    settings: Settings,
    day: date,
    files: Mapping[FileKey, FileRow],
    windows: list[WindowRow],
    fates: Mapping[FileKey, Fates],
) -> None:
    """Replace the day in ledger_file and ledger_window with its files, what their lines were like, and its windows."""
    with table_leases(settings, (LEDGER_FILE.name, LEDGER_WINDOW.name), "ledger", session._jvm):
        _replace(
            session,
            settings,
            LEDGER_FILE,
            day,
            [{**asdict(row), **fates.get(key, NO_FATES)} for key, row in files.items()],
        )
        _replace(session, settings, LEDGER_WINDOW, day, [asdict(row) for row in windows])


def _replace(session: SparkSession, settings: Settings, table: Table, day: date, rows: list[dict[str, Any]]) -> None:
    create_table(settings, table.name)
    values = []
    for row in rows:
        if "window_start" in row:
            row["window_start"] = datetime.fromisoformat(row["window_start"]).astimezone(UTC)
        values.append(tuple({**row, "day": day}[name] for name in table.column_names))
    replace_days(session.createDataFrame(values, table.schema_ddl).coalesce(1), settings, table.name, [day])
