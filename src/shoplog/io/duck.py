"""DuckDB as the contracts need it: a connection with their functions, and tables as it reads them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import duckdb
import pyarrow.fs
from deltalake import DeltaTable

from shoplog.contracts.duckdb_sql import MERGE_DURATIONS, PERCENTILE_MS
from shoplog.contracts.metrics import SKETCH_LG_K
from shoplog.contracts.model import Table
from shoplog.contracts.tables import TABLES
from shoplog.io.arrow import arrow_schema
from shoplog.io.commits import is_table
from shoplog.settings import Settings

Row = dict[str, Any]
# Of published_day: the row of each site and day that counts.
NEWEST = "qualify row_number() over (partition by site, day order by published_at desc) = 1"


def estimate_visitors(sketches: list[bytes | None]) -> int:
    """Return the distinct visitors of the union of HLL sketches, as Spark's figure estimates it, in whatever order they come."""
    known = [sketch for sketch in sketches if sketch]
    return _estimate_of_one(bytes(known[0])) if len(known) == 1 else _estimate(known)


# A published day's sketch is asked for again with every look at its month.
@lru_cache(2000)
def _estimate_of_one(sketch: bytes) -> int:
    return _estimate([sketch])


def _estimate(sketches: list[Any]) -> int:
    # The metric's union with itself, of what was merged: a union of small sketches alone estimates by their order.
    merged = _union(sketches)
    return round(float(_union([merged, merged]).get_estimate()))


def merge_sketches(sketches: list[bytes | None]) -> bytes:
    """Return the union of HLL sketches as one: what it and others estimate together stays the same."""
    return bytes(_union(sketches).serialize_compact())


def _union(sketches: list[Any]) -> Any:
    from datasketches import hll_sketch, hll_union, tgt_hll_type

    union = hll_union(SKETCH_LG_K)
    for sketch in sketches:
        if sketch:
            union.update(
                hll_sketch.deserialize(bytes(sketch)) if isinstance(sketch, bytes | bytearray | memoryview) else sketch
            )
    return union.get_result(tgt_hll_type.HLL_8)


def open_connection() -> duckdb.DuckDBPyConnection:
    """Return a connection in UTC on which the contracts' functions have their names, and nothing else has."""
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    connection.create_function("estimate_visitors", estimate_visitors, ["BLOB[]"], "BIGINT")
    connection.create_function("merge_sketches", merge_sketches, ["BLOB[]"], "BLOB")
    connection.execute(PERCENTILE_MS)
    connection.execute(MERGE_DURATIONS)
    return connection


def open_tables(settings: Settings, *tables: Table) -> duckdb.DuckDBPyConnection:
    """Return a connection on which these tables, as they are now, have their names."""
    connection = open_connection()
    for table in tables:
        connection.register(table.name, dataset(settings, table.name, None))
    return connection


def rows_of(cursor: duckdb.DuckDBPyConnection) -> list[Row]:
    """Return what a query found, each row by column name."""
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def dataset(settings: Settings, name: str, version: int | None) -> Any:
    """Return the table as a lazy Arrow dataset; an empty one where it does not exist yet."""
    path = settings.warehouse / name
    if not is_table(path):
        return arrow_schema(TABLES[name]).empty_table()
    # Arrow's own reader: deltalake's is called through Python, and a query that ends early (limit) leaves its threads in
    # such a call when the process exits, which then hangs or crashes.
    files = pyarrow.fs.SubTreeFileSystem(str(path), pyarrow.fs.LocalFileSystem())
    return DeltaTable(str(path), version=version).to_pyarrow_dataset(filesystem=files)
