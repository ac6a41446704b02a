"""Lines that bronze has no more: known by their identity, so that the ledger accounts for them and none comes back."""

from __future__ import annotations

from datetime import datetime

import polars as pl
from deltalake import DeltaTable

from shoplog.contracts.columns import IDENTITY_NAMES
from shoplog.contracts.proof import LEDGER_GONE_LINE
from shoplog.io.arrow import arrow_schema
from shoplog.io.data_files import DataFiles
from shoplog.io.sinks import create_table, table_path
from shoplog.io.transactions import append_files
from shoplog.settings import Settings

_ROW = (*IDENTITY_NAMES, "topic", "fate", "ingest_date")
_EMPTY = pl.DataFrame(arrow_schema(LEDGER_GONE_LINE).empty_table())


def gone_lines(settings: Settings) -> pl.LazyFrame:
    """Return the rows of `LEDGER_GONE_LINE`; none where nothing ever went."""
    path = table_path(settings, LEDGER_GONE_LINE.name)
    return pl.scan_delta(DeltaTable(str(path))) if (path / "_delta_log").is_dir() else _EMPTY.lazy()


def erased_lines(settings: Settings) -> pl.DataFrame:
    """Return the identity of each line that was erased and must not be stored again."""
    erased = gone_lines(settings).filter(pl.col("why") == "erased")
    return erased.select(IDENTITY_NAMES).unique().collect()


def lately_erased(settings: Settings) -> pl.DataFrame:
    """Return the rows of the newest erasure and of those of the day before it: one that broke off is gone through again."""
    erased = gone_lines(settings).filter(pl.col("why") == "erased")
    return erased.filter(pl.col("gone_at") >= pl.col("gone_at").max() - pl.duration(days=1)).collect()


def without_lines(rows: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Return rows, in their order, without those of the lines (identity)."""
    if not len(lines):
        return rows
    return rows.join(lines, on=list(IDENTITY_NAMES), how="anti", maintain_order="left")


def append_gone(settings: Settings, rows: pl.DataFrame, why: str, now: datetime) -> None:
    """Append rows of bronze as gone, but those that are there already; the caller holds the table's lease.

    It goes before the rows themselves: where they stay because something breaks, the next try takes them.
    """
    path = create_table(settings, LEDGER_GONE_LINE.name)
    known = pl.scan_delta(str(path)).select(_ROW).collect()
    new = rows.join(known, on=list(_ROW), how="anti", nulls_equal=True)
    if len(new):
        with DataFiles(LEDGER_GONE_LINE, path) as files:
            at = pl.lit(now).cast(pl.Datetime("us", "UTC"))
            files.write(new.with_columns(pl.lit(why).alias("why"), at.alias("gone_at")))
        append_files(DeltaTable(str(path)), files.closed(), None)
