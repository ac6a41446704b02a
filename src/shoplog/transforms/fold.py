"""Partials added up: fewer rows, the same figures; and the figures themselves."""

from __future__ import annotations

import re

import polars as pl

from shoplog.contracts.families import LIVE_FAMILIES
from shoplog.contracts.model import Family, Metric
from shoplog.contracts.visitor_minutes import VISITOR_MINUTES
from shoplog.transforms.sketches import estimated, united

_KEYS = ("family", "site", "window_start", "window_end", "window_date")
_ADDED = re.compile(r"(sum|max)\((\w+)\)")


def folded(rows: pl.DataFrame) -> pl.DataFrame:
    """Return partials of all families (columns of `gold_partial_live`) with equal keys added up.

    Visitors' minutes stay as they are: each has one or two partials, and adding millions of them up would save nothing.
    """
    parts = [rows.filter(pl.col("family") == VISITOR_MINUTES.name)]
    for family in LIVE_FAMILIES:
        own = rows.filter(pl.col("family") == family.name)
        if family is not VISITOR_MINUTES and len(own):
            parts.append(_added_up(own, family))
    return pl.concat(parts, how="diagonal")


def figures(rows: pl.DataFrame, family: Family) -> pl.DataFrame:
    """Return a family's partials added up per site, window and dimension, with what people read and the UTC day."""
    added = _added_up(rows.filter(pl.col("family") == family.name), family)
    read = [
        pl.Series(metric.figure_name, [estimated(sketch) for sketch in added[metric.name]], pl.Int64)
        for metric in family.metrics
        if metric.type == "binary"
    ]
    return added.with_columns(*read, pl.col("window_date").alias("event_date"))


def _added_up(rows: pl.DataFrame, family: Family) -> pl.DataFrame:
    added = rows.group_by(*_KEYS, *family.dimensions, maintain_order=True).agg(_sum(m) for m in family.metrics)
    sketches = [metric.name for metric in family.metrics if metric.type == "binary"]
    return added.with_columns(pl.Series(name, [united(of) for of in added[name]], pl.Binary) for name in sketches)


def _sum(metric: Metric) -> pl.Expr:
    of = pl.col(metric.name)
    if metric.type == "binary":
        return of.drop_nulls()
    if metric.type == "array<bigint>":
        places = len(re.findall(r"sum\(\w+\[\d+\]\)", metric.merge))
        return pl.concat_list(of.list.get(place).sum() for place in range(places)).alias(metric.name)
    found = _ADDED.fullmatch(metric.merge)
    assert found and found[2] == metric.name, f"{metric.name} is added up by {metric.merge}, which nobody can fold"
    # A sum of nothing is null, as in SQL.
    return pl.when(of.count() > 0).then(of.sum()) if found[1] == "sum" else of.max()
