"""A person leaves every table: their lines, what is counted of them, and every older version and document that still says them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import polars as pl

from jobs.batch.erase_ids import ids_in_silver, ids_of, take_out_ids
from jobs.batch.erase_lines import lines_of, measure_anew, take_out
from shoplog.contracts.columns import IDENTITY_NAMES
from shoplog.contracts.proof import LEDGER_GONE_LINE, PUBLISHED_DAY
from shoplog.contracts.snapshots import REPORT_SNAPSHOT
from shoplog.contracts.tables import (
    BRONZE_IMPORT_LOG,
    QUARANTINE_ACCESS_LOG,
    SILVER_REQUEST,
    TABLES,
)
from shoplog.io.commits import is_table
from shoplog.io.gone import lately_erased, retained_days
from shoplog.io.housekeeping import in_sql, opened, remove_files
from shoplog.io.leases import table_leases
from shoplog.io.log_bounds import forget_bounds
from shoplog.io.repin import days_left_behind, movable, move
from shoplog.io.sinks import existing_tables
from shoplog.io.transactions import files_of
from shoplog.settings import Settings
from shoplog.transforms.subject import Subject

# Held from the drained stream until all is done: neither the stream nor an import brings anything back meanwhile.
HELD = tuple(
    dict.fromkeys(
        (*(t.name for t in TABLES.values() if t.writer == "stream"), BRONZE_IMPORT_LOG.name, LEDGER_GONE_LINE.name)
    )
)


@dataclass(frozen=True, slots=True)
class Erased:
    """What was taken out: rows of bronze, lines, the UTC days they were of, the ids that were theirs."""

    rows: int
    lines: int
    days: tuple[date, ...]
    ids: tuple[str, ...]


def erase_lines(settings: Settings, subject: Subject, now: datetime) -> Erased:
    """Take the subject's lines out of bronze and out of the live figures of their days; the caller holds `HELD`.

    A second time it finds nothing, and goes through the same days again: the first may have broken off.
    """
    found = lines_of(settings, subject)
    if len(found):
        take_out(settings, found, now)
    gone = lately_erased(settings)
    accepted = gone.filter(pl.col("event_date").is_not_null())
    # Without all its lines a day cannot be measured anew: its figures stay, and name nobody.
    days = {*accepted["event_date"], *gone.filter(pl.col("event_date").is_null())["ingest_date"]} - retained_days(
        settings
    )
    measure_anew(settings, sorted(days & set(accepted["event_date"])), accepted["site"].unique().to_list())
    lines = found.filter(pl.col("fate") != "duplicate").select(IDENTITY_NAMES).n_unique() if len(found) else 0
    # An address has whatever ids its lines had.
    ids = set(subject.values) if subject.kind != "ip" else {*ids_of(found), *ids_in_silver(settings, gone)}
    return Erased(len(found), lines, tuple(sorted(days)), tuple(sorted(ids)))


def days_to_make_anew(settings: Settings, erased: Erased) -> list[date]:
    """Return the UTC days that were recomputed with the lines, and those that could not move to the newest versions."""
    there = {
        value
        for table in existing_tables(settings, (SILVER_REQUEST, QUARANTINE_ACCESS_LOG))
        for file in files_of(opened(settings.warehouse / table.name))
        for value in file.partition_values.values()
    }
    return sorted({*(day for day in erased.days if day.isoformat() in there), *days_left_behind(settings)})


def clean_up(settings: Settings, erased: Erased, began: datetime) -> dict[str, int]:
    """Take what is left of the ids out of every table, and remove every older version, its files and its bounds.

    Return how many rows and files went. The caller holds `HELD` and has made the days anew.
    """
    tables = existing_tables(settings)
    with table_leases(settings, tuple(table.name for table in tables if table.name not in HELD), "erase"):
        kept = movable(settings)
        rows = sum(take_out_ids(settings, table, erased.ids) for table in tables)
        _forget_snapshots(settings, erased.days, began)
        if is_table(settings.warehouse / PUBLISHED_DAY.name):
            move(settings, kept)
        files = 0
        for table in tables:
            path = settings.warehouse / table.name
            # Published days are read from the newest versions now.
            files += remove_files(path, 0)
            forget_bounds(path)
    return {"rows_by_id": rows, "files_removed": files}


def _forget_snapshots(settings: Settings, days: Sequence[date], began: datetime) -> None:
    """Drop what was shown of the days, and of those before them, until the erasure began: lists in it may name their pages."""
    path = settings.warehouse / REPORT_SNAPSHOT.name
    if days and is_table(path):
        touched = sorted({*days, *(day - timedelta(days=1) for day in days)})
        opened(path).delete(
            f"day in ({', '.join(map(in_sql, touched))}) and published_at < {in_sql(began.astimezone(UTC))}"
        )
