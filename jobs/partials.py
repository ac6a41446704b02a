"""Rows -> partials: the figures' definition run where the rows are, in Spark's tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from shoplog.contracts.families import FAMILIES
from shoplog.contracts.model import Family, Table
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE
from shoplog.io.data_files import DataFiles
from shoplog.io.data_rows import data_rows
from shoplog.io.sources import mapping
from shoplog.transforms.measure import inputs_of, measured

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def partials(rows: DataFrame, families: Sequence[Family], table: Table = GOLD_PARTIAL_LIVE) -> DataFrame:
    """Return rows of `table` with the families' partials of rows (requests carry a `fate`); a key may come more than once."""
    measure = mapping(partial(measured, families=families), table)
    return rows.select(*inputs_of(families, rows.columns)).mapInArrow(measure, table.schema_ddl)


def measuring(
    tasks: Sequence[Sequence[str]], families: Sequence[Family], warehouse: Path
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Return the function by which a Spark task measures data files of bronze and writes their partials as a data file of gold.

    Its rows say which of `tasks` it does; it yields the description of the file. Spark itself would turn each line's columns
    into a row and the rows into columns again, which costs more than measuring them.
    """
    columns = inputs_of(families, BRONZE_ACCESS_LOG.column_names)
    assert not set(columns) & set(BRONZE_ACCESS_LOG.partition_by), "a partition's column is not in its files"

    def measure(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with DataFiles(GOLD_PARTIAL_LIVE, warehouse / GOLD_PARTIAL_LIVE.name) as gold:
            for path in (path for batch in batches for task in batch.column(0).to_pylist() for path in tasks[task]):
                for rows in data_rows(Path(path), BRONZE_ACCESS_LOG, columns):
                    gold.write(measured(rows, families))
            yield gold.described()

    return measure


def accepted_partials(requests: DataFrame) -> DataFrame:
    """Return the partials of every published family of accepted request rows, by the same expressions as the stream's."""
    from pyspark.sql import functions as F

    return partials(requests.withColumn("fate", F.lit("accepted")), FAMILIES)
