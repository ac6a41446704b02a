"""Gold of UTC days from silver: figures measured where silver's data files are, brought together and written by tasks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa
from deltalake import DeltaTable

from jobs.batch.over_files import over_files
from jobs.batch.shuffles import partitions_of_figures
from shoplog.contracts.families import FAMILIES
from shoplog.contracts.model import Family, Table
from shoplog.contracts.tables import GOLD_PARTIAL_LIVE, SILVER_REQUEST, TABLES
from shoplog.io.arrow import to_arrow
from shoplog.io.data_files import DESCRIPTION_DDL, DataFile, DataFiles, told
from shoplog.io.data_rows import data_rows
from shoplog.io.sinks import has_days, replace_day_files
from shoplog.io.transactions import files_of
from shoplog.settings import Settings
from shoplog.transforms.fold import figures, folded
from shoplog.transforms.measure import inputs_of, measured

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

# A row of partials takes a kilobyte or more.
_MOST_ROWS = 200_000
_TOGETHER = ("family", "site", "window_start")


def replace_gold(session: SparkSession, settings: Settings, days: Sequence[date]) -> None:
    """Replace the days in the tables of every family with the figures of silver's requests as they are."""
    replace_figures(settings, measured_days(session, settings, days, FAMILIES), FAMILIES, days)


def measured_days(
    session: SparkSession, settings: Settings, days: Sequence[date], families: Sequence[Family],
    table: Table = GOLD_PARTIAL_LIVE,
) -> DataFrame:  # fmt: skip
    """Return the families' partials (columns of `table`) of the days' silver requests; a key may come more than once."""
    folder = settings.warehouse / SILVER_REQUEST.name
    columns = inputs_of(families, SILVER_REQUEST.column_names)
    named = {day.isoformat() for day in days}
    files = [file for file in files_of(DeltaTable(str(folder))) if file.partition_values["event_date"] in named]

    def measure(some: Sequence[DataFile]) -> Iterator[pa.RecordBatch]:
        frames = (
            rows.with_columns(pl.lit("accepted").alias("fate"))
            for file in some
            for rows in data_rows(folder / file.path, SILVER_REQUEST, columns, file.partition_values)
        )
        return measured_frames(frames, families, table)

    return over_files(session, files, measure, table.schema_ddl)


def measured_frames(
    frames: Iterable[pl.DataFrame], families: Sequence[Family], table: Table
) -> Iterator[pa.RecordBatch]:
    """Yield the families' partials of all rows as rows of `table`, most keys once; only some are held at once."""
    made: list[pl.DataFrame] = []

    def added_up() -> Iterator[pa.RecordBatch]:
        return to_arrow(folded(pl.concat(made, how="diagonal_relaxed")), table)

    for rows in frames:
        made.append(measured(rows, families))
        if sum(map(len, made)) > _MOST_ROWS:
            yield from added_up()
            made.clear()
    if made:
        yield from added_up()


def replace_figures(settings: Settings, partials: DataFrame, families: Sequence[Family], days: Sequence[date]) -> None:
    """Replace the days in the families' tables with their partials added up; one job writes the data files of all tables."""
    warehouse = settings.warehouse

    def write(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        some = [pl.DataFrame(pl.from_arrow(batch)) for batch in batches]
        if not some:
            return
        rows = pl.concat(some)
        for family in families:
            with DataFiles(TABLES[family.table], warehouse / family.table) as files:
                files.write(figures(rows, family))
                yield files.described()

    count = partitions_of_figures(partials.sparkSession)
    together = partials.repartition(count, *_TOGETHER).mapInArrow(write, DESCRIPTION_DDL)
    made = told(together.collect())
    for family in families:
        new = made.get(family.table, [])
        if new or has_days(settings, family.table, days):
            replace_day_files(settings, family.table, days, new, None)
