"""Figures as Spark makes them of partials, by the contracts' own SQL: what polars' way is held against."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shoplog.contracts.model import Family

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def merged(rows: DataFrame, family: Family) -> DataFrame:
    """Return a family's partials added up per site, window and dimension, with the figures people read."""
    from pyspark.sql import functions as F

    keys = ("site", "window_start", "window_end", *family.dimensions)
    own = rows.where(F.col("family") == family.name)
    sums = own.groupBy(*keys).agg(*(F.expr(f"{metric.merge} as {metric.name}") for metric in family.metrics))
    return sums.selectExpr("*", *(f"{m.figure} as {m.figure_name}" for m in family.metrics if m.figure))
