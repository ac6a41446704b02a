"""Request rows -> mergeable partials of every family: the only aggregates of requests, the same for stream and batch.

A partial is made where the rows are, by polars in Spark's Python workers: no shuffle of rows, whatever the number of families.
`transforms/fold.py` adds partials up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

import polars as pl

from shoplog.contracts.attacks import CONDITIONS
from shoplog.contracts.families import DERIVED
from shoplog.contracts.model import Family, Metric
from shoplog.transforms.conditions import with_conditions
from shoplog.transforms.sketches import filled

_SUMMED = {"bigint": pl.Int64(), "decimal(18,2)": pl.Decimal(18, 2)}


def inputs_of(families: Sequence[Family], known: Iterable[str]) -> list[str]:
    """Return which of the `known` columns the families' figures are made of."""
    words = _words(families)
    words |= {CONDITIONS[name].of for name in CONDITIONS.keys() & words}
    return ["site", *(name for name in known if name in words and name != "site")]


def measured(rows: pl.DataFrame, families: Sequence[Family]) -> pl.DataFrame:
    """Return one mergeable row per family, site, window and dimensions of `rows` (bronze columns, `fate` among them).

    Columns: family, site, window_start, window_end, window_date, the dimensions and the measures of the families; what is
    not a family's is null.
    """
    asked = with_conditions(rows, CONDITIONS.keys() & _words(families)).lazy()
    parts = pl.collect_all([_of_family(asked, family) for family in families])
    return pl.concat(
        [_with_sketches(part, family) for part, family in zip(parts, families, strict=True)], how="diagonal"
    )


@cache
def _words_of(family: Family) -> frozenset[str]:
    dimensions = [DERIVED.get(name, name) for name in family.dimensions]
    texts = (family.of, family.time, *dimensions, *(metric.partial for metric in family.metrics))
    return frozenset(word for text in texts for word in re.findall(r"[a-z_][a-z0-9_]*", text))


def _words(families: Sequence[Family]) -> set[str]:
    return {word for family in families for word in _words_of(family)}


def _of_family(rows: pl.LazyFrame, family: Family) -> pl.LazyFrame:
    dimensions = [pl.col(DERIVED.get(name, name)).alias(name) for name in family.dimensions]
    start = pl.col(family.time).dt.truncate(f"{family.window_minutes}m").alias("window_start")
    # In the rows' order: from the same rows a sketch has the same bytes.
    grouped = rows.filter(_sql(family.of)).group_by("site", start, *dimensions, maintain_order=True)
    return grouped.agg(_measure(metric) for metric in family.metrics).with_columns(
        pl.lit(family.name).alias("family"),
        (pl.col("window_start") + pl.duration(minutes=family.window_minutes)).alias("window_end"),
        pl.col("window_start").dt.date().alias("window_date"),
    )


@cache
def _measure(metric: Metric) -> pl.Expr:
    if metric.type == "binary":
        made = _sql(metric.partial).drop_nulls().unique(maintain_order=True)
    elif metric.type == "array<bigint>":
        items = metric.partial.removeprefix("[").removesuffix("]").split(", ")
        made = pl.concat_list(_sql(item).cast(pl.Int64) for item in items)
    else:
        made = _sql(metric.partial).cast(_SUMMED[metric.type])
    return made.alias(metric.name)


@cache
def _sql(text: str) -> pl.Expr:
    return pl.sql_expr(text)


def _with_sketches(part: pl.DataFrame, family: Family) -> pl.DataFrame:
    return part.with_columns(
        pl.Series(metric.name, [filled(ids) for ids in part[metric.name]], pl.Binary)
        for metric in family.metrics
        if metric.type == "binary"
    )
