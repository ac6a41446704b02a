"""Partials of both layers added up by Spark, where they are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shoplog.contracts.families import DIMENSIONS, LIVE_FAMILIES, TRAFFIC

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


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
