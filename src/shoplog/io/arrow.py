"""Rows of a contract as Arrow sees them: what Spark, its Python workers, Parquet and deltalake hand to one another."""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl
import pyarrow as pa

from shoplog.contracts.model import Table

_ARROW = {
    "string": pa.string(), "bigint": pa.int64(), "int": pa.int32(), "double": pa.float64(), "binary": pa.binary(),
    "date": pa.date32(), "timestamp": pa.timestamp("us", tz="UTC"), "boolean": pa.bool_(),
    "map<string,bigint>": pa.map_(pa.string(), pa.int64()),
}  # fmt: skip


def arrow_schema(table: Table) -> pa.Schema:
    """Return the table's schema as Arrow types."""
    return pa.schema([(column.name, _arrow_type(column.type)) for column in table.columns])


def _arrow_type(spark_type: str) -> pa.DataType:
    if decimal := re.fullmatch(r"decimal\((\d+),(\d+)\)", spark_type):
        return pa.decimal128(int(decimal[1]), int(decimal[2]))
    if array := re.fullmatch(r"array<(.+)>", spark_type):
        return pa.list_(_arrow_type(array[1]))
    if struct := re.fullmatch(r"struct<([^<>]+)>", spark_type):
        fields = (field.split(":") for field in re.split(r",(?!\d)", struct[1]))
        return pa.struct([(name, _arrow_type(of)) for name, of in fields])
    return _ARROW[spark_type]


def to_arrow(rows: pl.DataFrame, table: Table) -> Iterator[pa.RecordBatch]:
    """Yield the rows as record batches of exactly the contract's columns."""
    schema = arrow_schema(table)
    absent = [pl.lit(None).alias(name) for name in schema.names if name not in rows.columns]
    ordered = rows.with_columns(absent).select(schema.names)
    yield from ordered.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(schema).to_batches()
