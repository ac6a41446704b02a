"""The data files of bronze that hold the lines of UTC days, and which of their rows came later than an equal one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa
from deltalake import DeltaTable

from jobs.batch.bronze import came_in, in_order
from jobs.batch.over_files import over_files
from jobs.batch.shuffles import shuffles_of
from shoplog.contracts import columns as c
from shoplog.contracts.model import Column, Table
from shoplog.contracts.tables import TABLES
from shoplog.io.arrow import to_arrow
from shoplog.io.data_rows import data_rows
from shoplog.io.transactions import files_of
from shoplog.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PLACE = "place"
_DECIDES = ("site", "event_date")
_ARRIVED = (*c.IDENTITY, c.INGEST_TIME, c.PARTITION, c.OFFSET)
# Never stored.
_ARRIVAL = Table(
    "arrival",
    (
        *_ARRIVED,
        Column("data_file", "int", "number of its data file"),
        Column(PLACE, "bigint", "its place in it, from 0"),
    ),
    "recompute",
    "when a row of bronze came, and where it is",
)


@dataclass(frozen=True, slots=True)
class BronzeFile:
    """A data file of one of bronze's tables; `number` names it among the others.

    `later` are the places of rows in it that came later than an equal one.
    """

    number: int
    table: str
    path: Path
    size: int
    partition_values: Mapping[str, str | None]
    later: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.Int64))


@dataclass(frozen=True, slots=True)
class BronzeFiles:
    """The files, and of whose rows in them the lines are asked for."""

    files: Sequence[BronzeFile]
    days: Sequence[date]
    sites: Sequence[str] | None

    @classmethod
    def of(
        cls, settings: Settings, versions: Mapping[str, int], days: Sequence[date], sites: Sequence[str] | None
    ) -> BronzeFiles:
        """Return the files at these versions that hold rows which decide on the days, of these sites or of all."""
        came = {day.isoformat() for day in came_in(settings, versions, days)}
        found = (
            (table, file)
            for table, version in versions.items()
            for file in files_of(DeltaTable(str(settings.warehouse / table), version=version))
            if file.partition_values["ingest_date"] in came
        )
        files = [
            BronzeFile(number, table, settings.warehouse / table / file.path, file.size, file.partition_values)
            for number, (table, file) in enumerate(found)
        ]
        return cls(files, days, sites)


def deciding_rows(bronze: BronzeFiles, file: BronzeFile, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    """Yield the file's rows that decide on the days, as `jobs.batch.bronze.read_days` has them, with their place in it."""
    wanted = list(dict.fromkeys((*columns, *_DECIDES)))
    decides = pl.col("event_date").is_in(bronze.days) | pl.col("event_date").is_null()
    if bronze.sites is not None:
        decides &= pl.col("site").is_in(bronze.sites)
    place = 0
    for rows in data_rows(file.path, TABLES[file.table], wanted, file.partition_values):
        yield rows.with_row_index(PLACE, place).cast({PLACE: pl.Int64}).filter(decides)
        place += len(rows)


def with_later_rows(session: SparkSession, bronze: BronzeFiles) -> list[BronzeFile]:
    """Return the files with the places of rows that are not the first of their identity."""

    def arrived(some: Sequence[BronzeFile]) -> Iterator[pa.RecordBatch]:
        for file in some:
            for rows in deciding_rows(bronze, file, [column.name for column in _ARRIVED]):
                yield from to_arrow(rows.with_columns(pl.lit(file.number).alias("data_file")), _ARRIVAL)

    rows = over_files(session, bronze.files, arrived, _ARRIVAL.schema_ddl)
    with shuffles_of(session, sum(file.size for file in bronze.files)):
        later = pl.DataFrame(pl.from_arrow(in_order(rows).where("_n > 1").select("data_file", PLACE).toArrow()))
    found = {number: of_file[PLACE] for (number,), of_file in later.partition_by("data_file", as_dict=True).items()}
    return [replace(file, later=found[file.number]) if file.number in found else file for file in bronze.files]
