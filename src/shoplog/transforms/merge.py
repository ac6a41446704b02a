"""Partials added up, by Spark: the only way from partials to figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shoplog.contracts.families import DIMENSIONS, LIVE_FAMILIES, TRAFFIC
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


def folded(rows: DataFrame) -> DataFrame:
    """Return partials of all families with equal keys added up: fewer rows, the same figures."""
    from pyspark.sql import functions as F

    keys = ("family", "site", "window_start", "window_end", *DIMENSIONS)
    measures = []
    for metric in dict.fromkeys(metric for family in LIVE_FAMILIES for metric in family.metrics):
        owners = ", ".join(f"'{family.name}'" for family in LIVE_FAMILIES if metric in family.metrics)
        measures.append(f"cast(if(family in ({owners}), {metric.merge}, null) as {metric.type}) as {metric.name}")
    added = rows.groupBy(*keys).agg(*(F.expr(measure) for measure in measures))
    return added.selectExpr("*", "to_date(window_start) as window_date")


def daily_requests(rows: DataFrame) -> DataFrame:
    """Return requests per site and UTC day of traffic partials."""
    from pyspark.sql import functions as F

    traffic = rows.where(F.col("family") == TRAFFIC.name)
    return traffic.groupBy("site", F.to_date("window_start").alias("day")).agg(F.sum("requests").alias("requests"))
