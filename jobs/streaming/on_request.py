"""Upkeep that the control file asks for: the live tables' history is 24 hours, visitors' minutes some days."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial

import polars as pl
import structlog
from deltalake import DeltaTable

from jobs.batch.retain import is_published, old_days, retire_lines
from jobs.streaming.batch import LiveTables
from jobs.streaming.fold import rewrite_partials
from shoplog.contracts.ledger_family import LEDGER
from shoplog.contracts.proof import LEDGER_GONE_LINE
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE
from shoplog.contracts.visitor_minutes import KEPT_DAYS, VISITOR_MINUTES
from shoplog.io.gone import retained_days
from shoplog.io.housekeeping import remove_files, set_properties
from shoplog.io.leases import table_leases
from shoplog.io.sinks import existing_tables
from shoplog.io.transactions import files_of
from shoplog.stack.control import read_status, write_status
from shoplog.transforms.fold import folded

LOG = structlog.get_logger("upkeep")
_HISTORY_HOURS = 24
_PROPERTIES = {
    "delta.logRetentionDuration": f"interval {_HISTORY_HOURS} hours",
    "delta.deletedFileRetentionDuration": f"interval {_HISTORY_HOURS} hours",
}
# After a long time without upkeep the rest waits for the next request.
_MOST_DAYS = 7


def carry_out(tables: LiveTables, request: str) -> None:
    """Do the upkeep that was asked for, between batches, unless this request was begun before.

    Its outcome goes into the status file. A failure does not end the stream: figures matter more than a tidy disk.
    """
    if not request or read_status(tables.settings).upkeep == request:
        return
    _say(tables, request, "begun")
    removed = pruned = retired = 0
    try:
        for table in existing_tables(tables.settings):
            if table.writer == "stream":
                path = tables.settings.warehouse / table.name
                with tables.lock:
                    set_properties(path, _PROPERTIES)
                    removed += remove_files(path, _HISTORY_HOURS)
        for step in _prune(tables, datetime.now(UTC).date()):
            step()
            pruned += 1
        retired = _retire(tables, datetime.now(UTC))
    except Exception as failure:
        LOG.exception("upkeep failed")
        _say(tables, request, f"failed: {(str(failure).splitlines() or [repr(failure)])[0]}")
    else:
        _say(
            tables,
            request,
            f"done: {removed} files removed, visitors' minutes of {pruned} days, old rows of {retired}",
        )


def _prune(tables: LiveTables, today: date) -> Iterator[Callable[[], None]]:
    """Yield for each day with visitors' minutes that are old enough what takes them out of its partials."""
    before = today - timedelta(days=KEPT_DAYS)
    old = pl.scan_delta(str(tables.gold)).filter(
        (pl.col("family") == VISITOR_MINUTES.name) & (pl.col("window_date") < before)
    )
    days = old.select(pl.col("window_date").unique().sort()).collect().to_series().to_list()
    for day in days[:_MOST_DAYS]:
        yield partial(_without_visitors, tables, day)


def _retire(tables: LiveTables, now: datetime) -> int:
    """Remove what bronze and the partials are kept no longer; return how many days of tables."""
    settings = tables.settings
    if settings.bronze_days is None:
        return 0
    with table_leases(settings, (LEDGER_GONE_LINE.name,), "the stream", tables.session._jvm):
        retired = retire_lines(settings, BRONZE_ACCESS_LOG, now, tables.lock, tables.upkeep_metadata)
    without_lines = retained_days(settings)
    for day, files in old_days(settings, GOLD_PARTIAL_LIVE, settings.partial_days, now).items():
        rows = pl.scan_delta(str(tables.gold)).filter(pl.col("window_date") == day)
        sites = rows.filter(pl.col("family") != LEDGER.name).select("site").unique().collect().to_series()
        if day in without_lines and len(sites) and is_published(settings, day, sites):
            rewrite_partials(tables, DeltaTable(tables.gold), files, _of_ledger, same_content=False)
            retired += 1
    return retired


def _of_ledger(rows: pl.DataFrame) -> pl.DataFrame:
    # They say how far each file was read.
    return folded(rows.filter(pl.col("family") == LEDGER.name))


def _without_visitors(tables: LiveTables, day: date) -> None:
    table = DeltaTable(tables.gold)
    files = [file for file in files_of(table) if file.partition_values["window_date"] == day.isoformat()]
    rewrite_partials(tables, table, files, _without, same_content=False)


def _without(rows: pl.DataFrame) -> pl.DataFrame:
    return folded(rows.filter(pl.col("family") != VISITOR_MINUTES.name))


def _say(tables: LiveTables, request: str, outcome: str) -> None:
    write_status(tables.settings, replace(read_status(tables.settings), upkeep=request, upkeep_outcome=outcome))
