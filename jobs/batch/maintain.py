"""Upkeep of the batch tables: few files, no rows or versions that nobody needs, and what is left in figures.

Published days are read from pinned versions. So the tables that are recomputed are never written together (a day of theirs
is replaced whole, in files as large as its lines are worth), and a file goes only when no version needs it that a published
day is or was lately read from.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from jobs.batch.retain import retire_lines, retire_recomputed
from shoplog.contracts.model import Table
from shoplog.contracts.proof import GOLD_PARITY, LEDGER_FILE, LEDGER_WINDOW, QUALITY_RESULT
from shoplog.contracts.tables import BRONZE_IMPORT_LOG, TABLES
from shoplog.errors import UserError
from shoplog.io.housekeeping import broken_versions, health, remove_files, remove_rows, set_properties, write_together
from shoplog.io.leases import table_leases
from shoplog.io.pins import pinned_versions
from shoplog.io.salts import remove_dead_salts
from shoplog.io.sinks import PINNED_PROPERTIES, existing_tables
from shoplog.settings import Settings

_OF_CHECKS = (QUALITY_RESULT, GOLD_PARITY, LEDGER_FILE, LEDGER_WINDOW)
Figures = dict[str, Any]


def maintain(settings: Settings, now: datetime) -> list[Figures]:
    """Maintain each batch table that exists; return of all tables what was removed, files, bytes and the newest version.

    `now` is in UTC. Raises `TryLaterError`, with nothing done, while another process writes one of the tables, and `UserError`
    for a table that cannot be read.
    """
    batch = [table for table in existing_tables(settings) if table.writer != "stream"]
    remove_dead_salts(settings.secrets_dir / "salts", now)
    with table_leases(settings, tuple(table.name for table in batch), "maintain"):
        if BRONZE_IMPORT_LOG in batch:
            retire_lines(settings, BRONZE_IMPORT_LOG, now, nullcontext(), lambda: None)
        retire_recomputed(settings, now)
        done = dict(_maintained(settings, batch, now))
    none = {"rows_removed": 0, "files_together": 0, "files_removed": 0, "pins": 0, "pins_broken": 0}
    return [
        {"table": table.name, **done.get(table.name, none), **asdict(health(settings.warehouse / table.name))}
        for table in existing_tables(settings)
    ]


def _maintained(settings: Settings, batch: list[Table], now: datetime) -> Iterator[tuple[str, Figures]]:
    history = timedelta(days=settings.time_travel_days)
    pins = pinned_versions(settings, now - history)
    if lost := sorted((pins.keys() & TABLES.keys()) - {table.name for table in batch}):
        raise UserError(f"{lost[0]} is gone, but published days are read from it: restore it from a backup.")
    for table in batch:
        path, pinned, rows, together, removed = settings.warehouse / table.name, pins.get(table.name, set()), 0, 0, 0
        if table in _OF_CHECKS:
            rows = remove_rows(path, "day", (now - timedelta(days=settings.check_history_days)).date())
        if table.writer == "recompute":
            set_properties(path, PINNED_PROPERTIES)
        else:
            together = write_together(path)
        broken = broken_versions(path, pinned)
        if not broken:  # what is left of a broken version may help to mend it
            removed = remove_files(path, history // timedelta(hours=1), pinned)
        figures = {"rows_removed": rows, "files_together": together, "files_removed": removed}
        yield table.name, {**figures, "pins": len(pinned), "pins_broken": len(broken)}
