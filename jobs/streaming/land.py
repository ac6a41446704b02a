"""The Spark jobs of a micro-batch: each task writes data files and tells of them; the driver commits them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from jobs.partials import measuring
from shoplog.contracts.families import LIVE_FAMILIES
from shoplog.errors import DriftError
from shoplog.io.data_files import DESCRIPTION_DDL, DataFile, told
from shoplog.io.gone import without_lines
from shoplog.io.marks import Marks
from shoplog.io.sources import Parse, landing
from shoplog.transforms.identity import read_identity
from shoplog.transforms.measure import measured

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_TASK_RECORDS = 20_000
_RECORD = "value", "partition kafka_partition", "offset kafka_offset", "timestamp ingest_time"
Written = dict[str, list[DataFile]]
"""Table -> the data files that were written of it, which no commit names yet."""


def land(
    records: DataFrame,
    count: int,
    parse: Parse,
    marks: Marks,
    erased: pl.DataFrame,
    topic: str,
    warehouse: Path,
) -> Written:
    """Write Kafka records as data files of bronze and of gold; a task has whole Kafka partitions, each in its order.

    Lines that were `erased` (identity) are sent again for nothing.
    """
    in_topic = partial(_parsed, parse=parse, erased=erased, topic=topic)
    write = landing(in_topic, partial(measured, families=LIVE_FAMILIES), marks, warehouse)
    tasks = records.selectExpr(*_RECORD).coalesce(_tasks(records.sparkSession, count))
    return told(tasks.mapInArrow(write, DESCRIPTION_DDL).collect())


def measure_files(session: SparkSession, files: Sequence[str], count: int, warehouse: Path) -> Written:
    """Write the partials of every live family of bronze's data files, which hold `count` lines, as data files of gold.

    Raises `DriftError` where a file is gone before it was measured.
    """
    missing = [name for name in files if not Path(name).exists()]
    if missing:
        raise DriftError(
            f"{missing[0]} is gone before it was measured: follow docs/runbook.md, 'A data file is missing'."
        )
    most = min(_tasks(session, count), max(1, len(files)))
    tasks = [files[task::most] for task in range(most)]
    measure = measuring(tasks, LIVE_FAMILIES, warehouse)
    return told(session.range(0, most, 1, most).mapInArrow(measure, DESCRIPTION_DDL).collect())


def _parsed(records: pl.DataFrame, parse: Parse, erased: pl.DataFrame, topic: str) -> pl.DataFrame:
    # A record of nothing closes a segment of the topic and says nothing (see stack/kafka_segments.py).
    said = records.filter(pl.col("value").is_not_null()).with_columns(pl.lit(topic).alias("topic"))
    return parse(without_lines(read_identity(said), erased))


def _tasks(session: SparkSession, count: int) -> int:
    """Return how many tasks so many lines are worth: each makes files of its own, which somebody has to read."""
    return min(session.sparkContext.defaultParallelism, -(-count // _TASK_RECORDS)) or 1
