"""Lines that bronze has no more: known by their identity, so that the ledger accounts for them and none comes back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import polars as pl
from deltalake import DeltaTable

from shoplog.contracts.columns import IDENTITY_NAMES
from shoplog.contracts.model import Table
from shoplog.contracts.proof import LEDGER_GONE_LINE
from shoplog.io.arrow import arrow_schema
from shoplog.io.commits import is_table
from shoplog.io.data_files import DataFile, DataFiles
from shoplog.io.data_rows import data_rows
from shoplog.io.sinks import create_table, table_path
from shoplog.io.transactions import append_files
from shoplog.settings import Settings

_ROW = (*IDENTITY_NAMES, "of_table", "fate", "ingest_date")
_EMPTY = pl.DataFrame(arrow_schema(LEDGER_GONE_LINE).empty_table())


def gone_lines(settings: Settings) -> pl.LazyFrame:
    """Return the rows of `LEDGER_GONE_LINE`; none where nothing ever went."""
    path = table_path(settings, LEDGER_GONE_LINE.name)
    return pl.scan_delta(DeltaTable(str(path))) if is_table(path) else _EMPTY.lazy()


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


def retained_days(settings: Settings) -> set[date]:
    """Return the UTC days of which lines are gone for their age, by event or ingest: what bronze has of them is not all."""
    retained = gone_lines(settings).filter(pl.col("why") == "retained").select("event_date", "ingest_date")
    days = retained.unique().collect(engine="streaming")
    return {*days["event_date"].drop_nulls(), *days["ingest_date"]}


def append_retained(settings: Settings, table: Table, files: Sequence[DataFile], now: datetime) -> None:
    """Append the rows of one ingest day's data files of bronze as gone for their age, in one commit.

    The caller holds the lease. Where they are there already, the removal of the files broke off.
    """
    path = create_table(settings, LEDGER_GONE_LINE.name)
    (day,) = {date.fromisoformat(str(file.partition_values["ingest_date"])) for file in files}
    of_day = (pl.col("of_table") == table.name) & (pl.col("ingest_date") == day)
    known = gone_lines(settings).filter((pl.col("why") == "retained") & of_day)
    if known.head(1).collect().height:
        return
    columns = [name for name in LEDGER_GONE_LINE.column_names if name in table.column_names]
    said = {"of_table": table.name, "why": "retained", "gone_at": now}
    with DataFiles(LEDGER_GONE_LINE, path) as written:
        for file in files:
            for rows in data_rows(settings.warehouse / table.name / file.path, table, columns, file.partition_values):
                written.write(rows.with_columns(**{name: pl.lit(value) for name, value in said.items()}))
    append_files(DeltaTable(str(path)), written.closed(), None)
