"""Rows -> partials: the figures' definition run where the rows are, in Spark's tasks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from shoplog.contracts.families import FAMILIES
from shoplog.contracts.model import Family, Table
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE
from shoplog.io.sources import arrow_schema, mapping, to_arrow
from shoplog.transforms.measure import inputs_of, measured

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_ROWS_AT_ONCE = 200_000


def partials(rows: DataFrame, families: Sequence[Family], table: Table = GOLD_PARTIAL_LIVE) -> DataFrame:
    """Return rows of `table` with the families' partials of rows (requests carry a `fate`); a key may come more than once."""
    measure = mapping(partial(measured, families=families), table)
    return rows.select(*inputs_of(families, rows.columns)).mapInArrow(measure, table.schema_ddl)


def partials_of_files(session: SparkSession, tasks: Sequence[Sequence[str]], families: Sequence[Family]) -> DataFrame:
    """Return the families' partials of data files of bronze, each task's read by itself.

    Spark would turn each line's columns into a row and the rows into columns again, which costs more than measuring them.
    """
    columns = inputs_of(families, BRONZE_ACCESS_LOG.column_names)
    assert not set(columns) & set(BRONZE_ACCESS_LOG.partition_by), "a partition's column is not in its files"
    bronze = arrow_schema(BRONZE_ACCESS_LOG)
    schema = pa.schema([bronze.field(name) for name in columns])

    def measure(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for task in batch.column(0).to_pylist():
                for path in tasks[task]:
                    found = pq.read_table(path, columns=columns, partitioning=None).cast(schema)
                    for some in pl.DataFrame(pl.from_arrow(found)).iter_slices(_ROWS_AT_ONCE):
                        yield from to_arrow(measured(some, families), GOLD_PARTIAL_LIVE)

    return session.range(0, len(tasks), 1, max(1, len(tasks))).mapInArrow(measure, GOLD_PARTIAL_LIVE.schema_ddl)


def accepted_partials(requests: DataFrame) -> DataFrame:
    """Return the partials of every published family of accepted request rows, by the same expressions as the stream's."""
    from pyspark.sql import functions as F

    return partials(requests.withColumn("fate", F.lit("accepted")), FAMILIES)


def with_event_date(figures: DataFrame) -> DataFrame:
    """Return figures per window with the UTC day that a recomputed table is partitioned by."""
    return figures.selectExpr("*", "to_date(window_start) event_date")
