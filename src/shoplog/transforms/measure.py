"""Rows -> figures per window: the only aggregates of requests, the same for stream and batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shoplog.contracts.metrics import TRAFFIC
from shoplog.contracts.model import Family
from shoplog.contracts.tables import LEDGER_FAMILY

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def partials(requests: DataFrame, family: Family) -> DataFrame:
    """Return one mergeable row per site, window and dimension of accepted request rows."""
    from pyspark.sql import functions as F

    window = F.window("event_time", family.window)
    return (
        requests.groupBy("site", window.alias("w"), *family.dimensions)
        .agg(*(F.expr(metric.partial).cast(metric.type).alias(metric.name) for metric in family.metrics))
        .selectExpr(
            f"'{family.name}' family", "site", "w.start window_start", "w.end window_end", *family.dimensions,
            *(metric.name for metric in family.metrics),
        )
    )  # fmt: skip


def merged(rows: DataFrame, family: Family) -> DataFrame:
    """Return partials added up per site, window and dimension, with the figures people read."""
    from pyspark.sql import functions as F

    keys = ("site", "window_start", "window_end", *family.dimensions)
    sums = rows.groupBy(*keys).agg(*(F.expr(metric.merge).alias(metric.name) for metric in family.metrics))
    figures = (F.expr(m.figure).alias(str(m.figure_name)) for m in family.metrics if m.figure)
    return sums.select("*", *figures)


def measured(requests: DataFrame, family: Family) -> DataFrame:
    """Return the figures of request rows: their partials, added up by the same expressions as the stream's."""
    return merged(partials(requests, family), family)


def ledger_partials(bronze: DataFrame) -> DataFrame:
    """Return, per file and Kafka partition, how many lines came and what became of them, and the highest byte offset."""
    from pyspark.sql import functions as F

    new = "fate != 'duplicate'"
    return (
        bronze.groupBy("site", "host", "file", "kafka_partition", "ingest_date", "reason")
        .agg(
            F.expr("count(*)").alias("lines"),
            F.expr("count_if(fate = 'accepted')").alias("accepted"),
            F.expr("count_if(fate = 'quarantined')").alias("quarantined"),
            F.expr("count_if(fate = 'duplicate')").alias("duplicates"),
            F.expr(f"coalesce(sum(line_bytes + 1) filter (where {new}), 0)").alias("covered_bytes"),
            F.expr("max(byte_offset)").alias("highest_byte_offset"),
        )
        .selectExpr(
            f"'{LEDGER_FAMILY}' family", "cast(ingest_date as timestamp) window_start",
            "cast(ingest_date + 1 as timestamp) window_end", "* except (ingest_date)",
        )
    )  # fmt: skip


def daily_requests(rows: DataFrame) -> DataFrame:
    """Return requests per site and UTC day of traffic partials."""
    from pyspark.sql import functions as F

    traffic = rows.where(F.col("family") == TRAFFIC.name)
    return traffic.groupBy("site", F.to_date("window_start").alias("day")).agg(F.sum("requests").alias("requests"))


def folded(rows: DataFrame, family: Family) -> DataFrame:
    """Return the partials of a family with equal keys added up: fewer rows, the same figures."""
    return merged(rows.where(f"family = '{family.name}'"), family).selectExpr(
        "*", f"'{family.name}' family", "to_date(window_start) window_date"
    )


def folded_ledger(rows: DataFrame) -> DataFrame:
    """Return ledger partials with equal keys added up."""
    from pyspark.sql import functions as F

    keys = ("family", "site", "host", "file", "kafka_partition", "reason", "window_start", "window_end", "window_date")
    sums = ("lines", "accepted", "quarantined", "duplicates", "covered_bytes")
    highest = F.max("highest_byte_offset").alias("highest_byte_offset")
    return rows.groupBy(*keys).agg(*(F.sum(name).alias(name) for name in sums), highest)
