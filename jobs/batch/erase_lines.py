"""A person's lines leave bronze, and what the stream made of their days is measured anew from the others'."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

import polars as pl
from deltalake import DeltaTable

from jobs.batch.gold import measured_frames
from shoplog.contracts.columns import IDENTITY_NAMES
from shoplog.contracts.families import LIVE_FAMILIES
from shoplog.contracts.ledger_family import LEDGER
from shoplog.contracts.model import Table
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, BRONZE_IMPORT_LOG, GOLD_PARTIAL_LIVE
from shoplog.contracts.visitor_minutes import KEPT_DAYS, VISITOR_MINUTES
from shoplog.io.commits import is_table
from shoplog.io.data_files import DataFile, DataFiles
from shoplog.io.data_rows import data_rows
from shoplog.io.day_index import ingest_dates
from shoplog.io.gone import append_gone, without_lines
from shoplog.io.housekeeping import carried_on, opened
from shoplog.io.salts import known_raw_key
from shoplog.io.sinks import existing_tables
from shoplog.io.transactions import files_of, replace_files
from shoplog.settings import Settings
from shoplog.sites import load_sites
from shoplog.transforms.landing import readings_of
from shoplog.transforms.measure import inputs_of
from shoplog.transforms.raw_forms import opened as opened_lines
from shoplog.transforms.subject import ID_COLUMNS, Subject

BRONZE = (BRONZE_ACCESS_LOG, BRONZE_IMPORT_LOG)
_IDS = tuple(name for name in BRONZE_ACCESS_LOG.column_names if name in ID_COLUMNS)
_TOLD = (*IDENTITY_NAMES, "line_bytes", "fate", "event_date", "ingest_date", *_IDS)
_LINE = list(IDENTITY_NAMES)


def lines_of(settings: Settings, subject: Subject) -> pl.DataFrame:
    """Return identity, line_bytes, of_table, fate, days and ids of every bronze row of the subject's lines, sent again or not."""
    readings, key = readings_of(load_sites(settings)), known_raw_key(settings.secrets_dir)
    found = [pl.DataFrame(schema=dict.fromkeys(IDENTITY_NAMES[:3], pl.String) | {"byte_offset": pl.Int64})]
    for table in existing_tables(settings, BRONZE):
        columns = tuple(dict.fromkeys((*_LINE, *subject.columns)))
        for rows in _frames(settings, table, columns, files_of(opened(settings.warehouse / table.name))):
            plain = rows.with_columns(opened_lines(rows, key)) if subject.kind == "ip" else rows
            found.append(rows.filter(subject.owns(plain, readings)).select(_LINE))
    lines = pl.concat(found).unique()
    # A line that was sent again after its salt died has no visitor there, and still is the same line.
    every = [_with_identity(settings, table, lines) for table in existing_tables(settings, BRONZE)]
    return pl.concat(every) if every else pl.DataFrame()


def take_out(settings: Settings, found: pl.DataFrame, now: datetime) -> None:
    """Take the rows out of bronze and keep that there were lines; the caller holds the leases of these tables."""
    append_gone(settings, found, "erased", now)
    lines = found.select(_LINE).unique()
    for table in existing_tables(settings, BRONZE):
        keep_only(settings, table, _LINE, lambda rows: without_lines(rows, lines))


def keep_only(
    settings: Settings, table: Table, columns: Sequence[str], left: Callable[[pl.DataFrame], pl.DataFrame]
) -> int:
    """Keep of the table's rows what `left` leaves, which judges by these columns alone; return how many rows went.

    Only files that lose rows are written anew, in one commit. The caller holds the table's lease.
    """
    folder = settings.warehouse / table.name
    handle, old, gone = opened(folder), [], 0
    for file in files_of(handle):
        lost = sum(len(rows) - len(left(rows)) for rows in _frames(settings, table, columns, [file]))
        old += [file] if lost else []
        gone += lost
    if old:
        with DataFiles(table, folder) as written:
            for rows in _frames(settings, table, None, old):
                written.write(left(rows))
        replace_files(handle, old, written.closed(), carried_on(folder), same_content=False)
    return gone


def measure_anew(settings: Settings, days: Sequence[date], sites: Sequence[str]) -> None:
    """Replace the partials of the sites' UTC days by those of the lines that bronze has; the caller holds the leases.

    The ledger's own counts stay: they say how far each file was read.
    """
    bronze, gold = (settings.warehouse / table.name for table in (BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE))
    if not days or not is_table(gold):
        return
    handle, named = opened(gold), {day.isoformat() for day in days}
    old = [file for file in files_of(handle) if file.partition_values["window_date"] in named]
    of_sites = pl.col("site").is_in(list(sites)) & (pl.col("family") != LEDGER.name)
    with DataFiles(GOLD_PARTIAL_LIVE, gold) as written:
        for rows in _frames(settings, GOLD_PARTIAL_LIVE, None, old):
            written.write(rows.filter(~of_sites))
        for batch in measured_frames(_accepted(settings, opened(bronze), days, sites), _FAMILIES, GOLD_PARTIAL_LIVE):
            made = pl.DataFrame(pl.from_arrow(batch))
            written.write(
                made.filter((pl.col("family") != VISITOR_MINUTES.name) | (pl.col("window_date") >= _minutes_since()))
            )
    replace_files(handle, old, written.closed(), carried_on(gold), same_content=False)


def days_with_lines(settings: Settings, days: Sequence[date]) -> list[date]:
    """Return those of the UTC days that bronze has accepted lines of, ascending."""
    found: set[date] = set()
    for table in existing_tables(settings, BRONZE):
        rows = pl.scan_delta(opened(settings.warehouse / table.name)).filter(pl.col("event_date").is_in(list(days)))
        found.update(rows.select("event_date").unique().collect().to_series())
    return sorted(found)


_FAMILIES = tuple(family for family in LIVE_FAMILIES if family is not LEDGER)


def _minutes_since() -> date:
    return datetime.now(UTC).date() - timedelta(days=KEPT_DAYS)


def _accepted(
    settings: Settings, bronze: DeltaTable, days: Sequence[date], sites: Sequence[str]
) -> Iterator[pl.DataFrame]:
    came = {
        day.isoformat() for day in ingest_dates({settings.warehouse / BRONZE_ACCESS_LOG.name: bronze.version()}, days)
    }
    files = [file for file in files_of(bronze) if file.partition_values["ingest_date"] in came]
    columns = inputs_of(_FAMILIES, BRONZE_ACCESS_LOG.column_names)
    wanted = pl.col("event_date").is_in(list(days)) & pl.col("site").is_in(list(sites)) & (pl.col("fate") == "accepted")
    for rows in _frames(settings, BRONZE_ACCESS_LOG, tuple(dict.fromkeys((*columns, "event_date", "fate"))), files):
        yield rows.filter(wanted)


def _frames(
    settings: Settings, table: Table, columns: Sequence[str] | None, files: Iterable[DataFile]
) -> Iterator[pl.DataFrame]:
    for file in files:
        yield from data_rows(settings.warehouse / table.name / file.path, table, columns, file.partition_values)


def _with_identity(settings: Settings, table: Table, lines: pl.DataFrame) -> pl.DataFrame:
    rows = pl.scan_delta(opened(settings.warehouse / table.name)).select(*_TOLD, pl.lit(table.name).alias("of_table"))
    of_files = rows.filter(pl.col("file").is_in(lines["file"].unique().implode()))
    return of_files.join(lines.lazy(), on=_LINE, how="semi").collect()
