"""Kafka records and log files as Arrow batches of bronze rows: identity, one native parse, fate."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

import polars as pl
import pyarrow as pa

from shoplog.contracts.columns import IDENTITY_NAMES, VISITOR
from shoplog.contracts.model import Table
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, BRONZE_IMPORT_LOG
from shoplog.io.marks import FileKey, Marks, with_fate, with_fate_by_reason

_ARROW = {
    "string": pa.string(), "bigint": pa.int64(), "int": pa.int32(), "double": pa.float64(), "binary": pa.binary(),
    "date": pa.date32(), "timestamp": pa.timestamp("us", tz="UTC"), "boolean": pa.bool_(),
    "map<string,bigint>": pa.map_(pa.string(), pa.int64()),
}  # fmt: skip

Parse = Callable[[pl.DataFrame], pl.DataFrame]
"""Rows with identity, raw and ingest_time -> the same rows with every parsed column and `reason`."""


def arrow_schema(table: Table) -> pa.Schema:
    """Return the table's schema as Arrow types."""
    return pa.schema([(column.name, _arrow_type(column.type)) for column in table.columns])


def _arrow_type(spark_type: str) -> pa.DataType:
    if decimal := re.fullmatch(r"decimal\((\d+),(\d+)\)", spark_type):
        return pa.decimal128(int(decimal[1]), int(decimal[2]))
    if array := re.fullmatch(r"array<(.+)>", spark_type):
        return pa.list_(_arrow_type(array[1]))
    if struct := re.fullmatch(r"struct<([^<>]+)>", spark_type):
        fields = (field.split(":") for field in struct[1].split(","))
        return pa.struct([(name, _arrow_type(of)) for name, of in fields])
    return _ARROW[spark_type]


def to_arrow(rows: pl.DataFrame, table: Table) -> Iterator[pa.RecordBatch]:
    """Yield the rows as record batches of exactly the contract's columns."""
    schema = arrow_schema(table)
    absent = [pl.lit(None).alias(name) for name in schema.names if name not in rows.columns]
    ordered = rows.with_columns(absent).select(schema.names)
    yield from ordered.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(schema).to_batches()


def landing(
    read_identity: Parse, parse: Parse, marks: Marks, seen: Mapping[FileKey, pl.Series]
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Return the function each Spark task runs over its Kafka partition, in order."""

    def land(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        own_marks = dict(marks)
        for batch in batches:
            rows = parse(read_identity(pl.DataFrame(pl.from_arrow(batch))))
            rows = with_fate(rows.with_columns(pl.col("ingest_time").dt.date().alias("ingest_date")), own_marks, seen)
            yield from to_arrow(rows, BRONZE_ACCESS_LOG)

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


def reparsing(parse: Parse) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Return the function that reads bronze rows' raw bytes again, keeping identity and ids of visitors."""
    kept = (*IDENTITY_NAMES, "line_bytes", "raw", "topic", "kafka_partition", "kafka_offset",
            "ingest_time", "ingest_date", *(column.name for column in VISITOR))  # fmt: skip

    def parse_again(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            lines = pl.DataFrame(pl.from_arrow(batch))
            bad = pl.when(pl.col("reason") == "bad_identity").then(pl.col("reason"))
            rows = parse(lines.select(*kept, bad.alias("reason")))
            yield from to_arrow(with_fate_by_reason(rows), BRONZE_ACCESS_LOG)

    return parse_again


def importing(
    parse: Parse, lines_of: Callable[[str, int, int | None], Iterator[pl.DataFrame]]
) -> Callable[..., Iterator[pa.RecordBatch]]:
    """Return the function that reads the ranges of log files in its rows (`path`, `start`, `end`) as bronze rows."""

    def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for asked in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                for lines in lines_of(*asked):
                    rows = parse(lines.with_columns(pl.lit(None, pl.String).alias("reason")))
                    yield from to_arrow(with_fate_by_reason(rows), BRONZE_IMPORT_LOG)

    return read
