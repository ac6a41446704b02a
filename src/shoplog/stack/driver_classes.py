"""The Spark driver's classes, laid out once for the JVM to map: loading them anew took half of the CPU time of each start."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
from pyspark import SparkContext
from pyspark.sql import DataFrame, SparkSession

from shoplog.settings import Settings
from shoplog.spark import build_session


def lay_out(settings: Settings) -> Path:
    """Write `settings.driver_classes` anew from what a driver loads for its usual work; return it."""
    target = settings.driver_classes
    target.unlink(missing_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_suffix(".new")
    with tempfile.TemporaryDirectory() as home:
        # Classes that cannot be laid out are named by the hundred; they are loaded as ever.
        option = f'"-XX:ArchiveClassesAtExit={fresh}" -Xlog:cds=error -Xlog:cds+dynamic=error'
        session = build_session(settings.model_copy(update={"home": Path(home)}), "classes", option)
        _usual_work(session, f"{home}/table", f"{home}/checkpoint")
        gateway = SparkContext._gateway
        assert gateway is not None
        session.stop()
        # The JVM ends with its standard input, and writes the archive as it ends.
        gateway.shutdown()
        gateway.proc.stdin.close()
        gateway.proc.wait()
    fresh.rename(target)
    return target


def _usual_work(session: SparkSession, table: str, checkpoint: str) -> None:
    """Write, read, add up and stream a small table, with a Python worker: what every job of the driver does."""
    rows = session.range(1000).selectExpr(
        "id", "string(id % 3) as name", "current_timestamp() as at", "date'2026-01-01' as day"
    )
    rows.mapInArrow(_as_they_are, rows.schema).write.format("delta").partitionBy("day").save(table)
    delta = session.read.format("delta").load(table)
    delta.groupBy("name").agg({"id": "sum"}).join(delta.select("name").distinct(), "name").orderBy("name").collect()

    def append(batch: DataFrame, _: int) -> None:
        batch.write.format("delta").mode("append").save(f"{table}-copy")

    streamed = session.readStream.format("delta").load(table).writeStream.foreachBatch(append)
    streamed.option("checkpointLocation", checkpoint).trigger(availableNow=True).start().awaitTermination()


def _as_they_are(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield from batches


if __name__ == "__main__":
    # The set-up's step is the same whatever the settings; a wrong one is named by the command that it was given to.
    for name in [name for name in os.environ if name.startswith("SHOPLOG_")]:
        del os.environ[name]
    lay_out(Settings())
