"""What Spark's tasks run over Arrow batches: Kafka records and bronze rows, parsed natively, and their fate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa

from shoplog.contracts.columns import IDENTITY_NAMES, VISITOR
from shoplog.contracts.model import Table
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE
from shoplog.io.arrow import to_arrow
from shoplog.io.data_files import DataFiles
from shoplog.io.marks import Marks, with_fate, with_fate_by_reason

Parse = Callable[[pl.DataFrame], pl.DataFrame]
"""Rows with identity, raw and ingest_time -> the same rows with every parsed column and `reason`."""
KEPT = (*IDENTITY_NAMES, "line_bytes", "raw", "topic", "kafka_partition", "kafka_offset",
        "ingest_time", "ingest_date", *(column.name for column in VISITOR))  # fmt: skip
"""What stays of a bronze row that is parsed anew, beside a record's bad identity."""
Measure = Callable[[pl.DataFrame], pl.DataFrame]
"""Bronze rows -> their partials."""


def landing(
    parse: Parse, measure: Measure, marks: Marks, warehouse: Path
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Return the function each Spark task runs over its Kafka partitions, in order.

    It writes the lines as data files of bronze and their partials as data files of gold, and yields the files' descriptions.
    """

    def land(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        own_marks = dict(marks)
        bronze, gold = (DataFiles(table, warehouse / table.name) for table in (BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE))
        with bronze, gold:
            for batch in batches:
                rows = parse(pl.DataFrame(pl.from_arrow(batch)))
                rows = rows.with_columns(pl.col("ingest_time").dt.date().alias("ingest_date"))
                fated = with_fate(rows, own_marks)
                bronze.write(fated)
                gold.write(measure(fated))
            yield bronze.described()
            yield gold.described()

    return land


def mapping(
    function: Callable[[pl.DataFrame], pl.DataFrame], table: Table
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Return `function` as each Spark task runs it over its own rows, its result in the columns of `table`."""

    def apply(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            if batch.num_rows:
                yield from to_arrow(function(pl.DataFrame(pl.from_arrow(batch))), table)

    return apply


def mapping_all(
    function: Callable[[pl.DataFrame], pl.DataFrame], table: Table
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Return `function` as each Spark task runs it once, over all of its rows together."""

    def apply(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        rows = [pl.DataFrame(pl.from_arrow(batch)) for batch in batches if batch.num_rows]
        if rows:
            yield from to_arrow(function(pl.concat(rows)), table)

    return apply


def reparsing(parse: Parse) -> Parse:
    """Return the function that reads bronze rows' raw bytes again, keeping identity and ids of visitors."""

    def parse_again(lines: pl.DataFrame) -> pl.DataFrame:
        bad = pl.when(pl.col("reason") == "bad_identity").then(pl.col("reason"))
        return with_fate_by_reason(parse(lines.select(*KEPT, bad.alias("reason"))))

    return parse_again
