"""Which files a UTC day's ledger is about: those with lines of the day, or that something was seen of on it."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl

from shoplog.contracts.proof import LEDGER_CENSUS_IMPORT, LEDGER_CENSUS_LIVE
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, BRONZE_IMPORT_LOG
from shoplog.io.marks import FileKey
from shoplog.ledger.account import WindowRow, file_rows, window_rows
from shoplog.ledger.file_account import FileRow
from shoplog.ledger.landed import FILE
from shoplog.settings import Settings
from shoplog.sites import load_sites


def files_of_day(settings: Settings, day: date) -> set[FileKey]:
    """Return the files with a line of the day's event date or ingest date, and those a census counted on it.

    A file that was broken on an earlier day and rests since holds that day back, and no later one.
    """
    is_of_day = (pl.col("ingest_date") == day) | (pl.col("event_date") == day)
    was_seen = pl.col("seen_at").dt.date() == day
    found: set[FileKey] = set()
    for table in (BRONZE_ACCESS_LOG, BRONZE_IMPORT_LOG, LEDGER_CENSUS_LIVE, LEDGER_CENSUS_IMPORT):
        path = settings.warehouse / table.name
        if path.exists():
            chosen = is_of_day if table in (BRONZE_ACCESS_LOG, BRONZE_IMPORT_LOG) else was_seen
            files = pl.scan_delta(str(path)).filter(chosen).select(FILE).unique().collect(engine="streaming")
            found.update((site, host, file) for site, host, file in files.iter_rows())
    return found


def account_of_days(settings: Settings, days: list[date]) -> dict[date, tuple[dict[FileKey, FileRow], list[WindowRow]]]:
    """Return A and B of each UTC day, all as they stand now."""
    files, windows = file_rows(settings, load_sites(settings)), window_rows(settings)
    found = {}
    for day in days:
        wanted = files_of_day(settings, day)
        of_day = {key: row for row in files if (key := (row.site, row.host, row.file)) in wanted}
        found[day] = of_day, [row for row in windows if datetime.fromisoformat(row.window_start).date() == day]
    return found
