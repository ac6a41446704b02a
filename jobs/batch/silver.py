"""Silver and quarantine of UTC days from bronze: each line once, parsed anew; tasks read and write data files themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa

from jobs.batch.bronze import parser
from jobs.batch.bronze_files import PLACE, BronzeFile, BronzeFiles, deciding_rows, with_later_rows
from jobs.batch.over_files import over_files
from shoplog.contracts.model import Table
from shoplog.contracts.tables import QUARANTINE_ACCESS_LOG, SILVER_REQUEST
from shoplog.errors import UserError
from shoplog.io.computed import computed_metadata
from shoplog.io.data_files import DESCRIPTION_DDL, DataFile, DataFiles, told
from shoplog.io.sinks import in_days, in_sites, replace_day_files, written_files
from shoplog.io.sources import KEPT
from shoplog.settings import Settings
from shoplog.sites import load_sites
from shoplog.transforms.mask import masked_lines
from shoplog.transforms.raw_forms import without_addresses

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_WANTED = (*KEPT, "event_date", "reason")


def replace_silver(
    session: SparkSession,
    settings: Settings,
    versions: Mapping[str, int],
    days: Sequence[date],
    missing_ok: bool = False,
    sites: Sequence[str] | None = None,
) -> dict[str, int]:
    """Replace the days in silver and quarantine with bronze's lines at these versions; return how many lines there were.

    With `sites` only their lines are read anew. Raises `UserError`, with nothing replaced, for a day without any line unless
    that is `missing_ok`.
    """
    bronze = BronzeFiles.of(settings, versions, days, sites)
    made = _written(session, settings, bronze, parser(settings, load_sites(settings)))
    found = {value for files in made.values() for file in files for value in file.partition_values.values()}
    missing = sorted({day.isoformat() for day in days} - found)
    if missing and not missing_ok:
        of = f" of {', '.join(sites)}" if sites else ""
        raise UserError(
            f"{', '.join(missing)} has no lines{of}: none that came in has this event date, and none was refused on it. "
            "If there should be some, 'shoplog ledger' says where they are."
        )
    counts = {}
    for table, name, metadata in (
        (SILVER_REQUEST, "accepted", computed_metadata(days, versions)),
        (QUARANTINE_ACCESS_LOG, "quarantined", None),
    ):
        files = made.get(table.name, [])
        others = [] if sites is None else _of_others(session, settings, table, days, sites)
        replace_day_files(settings, table.name, days, [*files, *others], metadata)
        counts[name] = sum(file.rows for file in files)
    return counts


def _written(
    session: SparkSession,
    settings: Settings,
    bronze: BronzeFiles,
    parse: Callable[[pl.DataFrame], pl.DataFrame],
) -> dict[str, list[DataFile]]:
    """Let tasks write each line once as data files of silver or quarantine; return these, which no commit names yet."""
    warehouse, days = settings.warehouse, bronze.days
    readable = masked_lines if settings.bronze_addresses == "raw" else _without_addresses

    def write(some: Sequence[BronzeFile]) -> Iterator[pa.RecordBatch]:
        silver, refused = (
            DataFiles(table, warehouse / table.name) for table in (SILVER_REQUEST, QUARANTINE_ACCESS_LOG)
        )
        with silver, refused:
            for file in some:
                for lines in deciding_rows(bronze, file, _WANTED):
                    rows = parse(lines.filter(~pl.col(PLACE).is_in(file.later.implode())))
                    is_good = pl.col("reason").is_null()
                    silver.write(rows.filter(is_good & pl.col("event_date").is_in(days)))
                    bad = rows.filter(~is_good & pl.col("ingest_date").is_in(days))
                    refused.write(bad.with_columns(readable(bad["raw"])))
            yield silver.described()
            yield refused.described()

    return told(over_files(session, with_later_rows(session, bronze), write, DESCRIPTION_DDL).collect())


def _without_addresses(raw: pl.Series) -> pl.Series:
    return without_addresses(masked_lines(raw))


def _of_others(
    session: SparkSession, settings: Settings, table: Table, days: Sequence[date], sites: Sequence[str]
) -> list[DataFile]:
    """Return new files of the days' stored rows of other sites: their present files hold rows of these sites, too."""
    folder = settings.warehouse / table.name
    stored = session.read.format("delta").load(str(folder))
    others = stored.where(f"{in_days(table.partition_by[0], days)} and not coalesce({in_sites(sites)}, false)")
    return written_files(others, table, folder)
