"""Request rows -> mergeable partials of every family: the only aggregates of requests, the same for stream and batch.

A partial is made where the rows are, by DuckDB in Spark's Python workers: no shuffle, whatever the number of families.
Spark adds partials up (`transforms/merge.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import duckdb
import polars as pl
from datasketches import hll_sketch, tgt_hll_type

from shoplog.contracts.attacks import CONDITIONS
from shoplog.contracts.families import DERIVED
from shoplog.contracts.metrics import SKETCH_LG_K
from shoplog.contracts.model import Family, Metric


def inputs_of(families: Sequence[Family], known: Iterable[str]) -> list[str]:
    """Return which of the `known` columns the families' figures are made of."""
    texts = [
        text
        for family in families
        for text in (
            family.of,
            family.time,
            *family.dimensions,
            *DERIVED.values(),
            *(m.partial for m in family.metrics),
        )
    ]
    words = {word for text in texts for word in re.findall(r"[a-z_][a-z0-9_]*", text)}
    return ["site", *(name for name in known if name in words and name != "site")]


def measured(rows: pl.DataFrame, families: Sequence[Family]) -> pl.DataFrame:
    """Return one mergeable row per family, site, window and dimensions of `rows` (bronze columns, `fate` among them).

    Columns: family, site, window_start, window_end, window_date, the dimensions and the measures of the families; what is
    not a family's is null.
    """
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        for name, sql in CONDITIONS.items():
            connection.execute(f"create macro {name} as {sql}")
        connection.register("requests", rows.to_arrow())
        parts = [_of_family(connection, family) for family in families]
    return pl.concat(parts, how="diagonal")


def _of_family(connection: duckdb.DuckDBPyConnection, family: Family) -> pl.DataFrame:
    width_us = family.window_minutes * 60_000_000
    dimensions = [f"{DERIVED.get(name, name)} as {name}" for name in family.dimensions]
    measures = [
        f"({_duckdb(metric)})::{_TYPES.get(metric.type, metric.type)} as {metric.name}" for metric in family.metrics
    ]
    keys = [f"(epoch_us({family.time}) // {width_us}) * {width_us} as start_us", *dimensions]
    query = f"select site, {', '.join((*keys, *measures))} from requests where {family.of} group by all"
    found = pl.DataFrame(pl.from_arrow(connection.sql(query).to_arrow_table()))
    start = pl.col("start_us").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    made: pl.DataFrame = found.with_columns(
        *(
            pl.Series(m.name, [_sketch(ids) for ids in found[m.name]], pl.Binary)
            for m in family.metrics
            if m.type == "binary"
        ),
        pl.lit(family.name).alias("family"),
        start.alias("window_start"),
        (start + pl.duration(minutes=family.window_minutes)).alias("window_end"),
        start.dt.date().alias("window_date"),
    ).drop("start_us")
    return made


_TYPES = {"binary": "varchar[]", "array<bigint>": "bigint[]"}


def _duckdb(metric: Metric) -> str:
    if metric.type == "binary":
        return f"list(distinct {metric.partial}) filter (where {metric.partial} is not null)"
    return metric.partial


def _sketch(values: Iterable[str] | None) -> bytes:
    """Return the HLL sketch of the values, in the form and with the hash that Spark's sketch functions use."""
    sketch = hll_sketch(SKETCH_LG_K, tgt_hll_type.HLL_8)
    for value in values if values is not None else ():
        sketch.update(value)
    made: bytes = sketch.serialize_updatable()
    return made
