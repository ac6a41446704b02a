"""Live against batch for one UTC day, at one bronze version: every figure of every window, each difference explained."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from jobs.batch.bronze import IDENTITY
from shoplog.contracts.metrics import FAMILIES
from shoplog.contracts.model import Family
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, BRONZE_IMPORT_LOG, GOLD_PARITY, GOLD_PARTIAL_LIVE
from shoplog.io.commits import latest_version
from shoplog.io.leases import table_leases
from shoplog.io.sinks import create_table, replace_day
from shoplog.settings import Settings
from shoplog.transforms.measure import merged

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def reconcile(session: SparkSession, settings: Settings, day: date) -> dict[str, int]:
    """Write the day's comparison into gold_parity; return figures compared, differing and unexplained, and windows."""
    version = latest_version(settings.warehouse / BRONZE_ACCESS_LOG.name)
    with table_leases(settings, (GOLD_PARITY.name,), "reconcile", session._jvm):
        create_table(session, settings, GOLD_PARITY.name)
        explained = _lines_only_imported(session, settings, day)
        parts = [_compare(session, settings, day, family, explained) for family in FAMILIES]
        rows = parts[0]
        for part in parts[1:]:
            rows = rows.unionByName(part)
        rows = rows.selectExpr("*", f"date'{day.isoformat()}' day", f"{version} bronze_version").persist()
        replace_day(rows, settings, GOLD_PARITY.name, day)
        totals = rows.selectExpr(
            "count(*) figures", "count_if(difference != 0 or difference is null) differing",
            "count_if(unexplained != 0 or unexplained is null) unexplained",
            "count(distinct site, window_start) filter (where dimension is null) windows",
            "count(distinct site, window_start) filter (where dimension is null and (unexplained != 0 or unexplained is null))"
            " windows_differing",
        ).first()  # fmt: skip
        rows.unpersist()
    assert totals is not None
    return dict(totals.asDict())


def _lines_only_imported(session: SparkSession, settings: Settings, day: date) -> DataFrame:
    """Return the accepted lines of the day that the stream never saw: what batch may have more of, line by line."""
    live = session.read.format("delta").load(str(settings.warehouse / BRONZE_ACCESS_LOG.name))
    imported = session.read.format("delta").load(str(create_table(session, settings, BRONZE_IMPORT_LOG.name)))
    of_day = imported.where(f"fate = 'accepted' and event_date = '{day.isoformat()}'")
    return of_day.join(live.select(*IDENTITY), on=list(IDENTITY), how="left_anti")


def _compare(session: SparkSession, settings: Settings, day: date, family: Family, imported: DataFrame) -> DataFrame:
    """Return site, window_start, metric, dimension, live, batch, difference, explained_by, unexplained of a family."""
    from pyspark.sql import functions as F

    from shoplog.transforms.measure import measured

    live = session.read.format("delta").load(str(settings.warehouse / GOLD_PARTIAL_LIVE.name))
    live = merged(live.where(f"family = '{family.name}' and window_date = '{day.isoformat()}'"), family)
    batch = session.read.format("delta").load(str(settings.warehouse / family.table))
    batch = batch.where(f"event_date = '{day.isoformat()}'")
    keys = ["site", "window_start", *family.dimensions]
    joined = _figures(live, family, "live").join(_figures(batch, family, "batch"), [*keys, "metric"], "full")
    more = _figures(measured(imported, family), family, "more")
    joined = joined.join(more, [*keys, "metric"], "left")
    dimension = F.col(family.dimensions[0]) if family.dimensions else F.lit(None).cast("string")
    # Sketch estimates do not add up line by line: where imports explain the lines, they explain the estimate.
    estimates = [m.figure_name for m in family.metrics if m.figure]
    explained = F.when(F.col("metric").isin(estimates), -F.col("difference")).otherwise(F.col("more"))
    present = joined.withColumn(
        "live", F.when(F.col("more").isNotNull(), F.coalesce("live", F.lit(0.0))).otherwise(F.col("live"))
    )
    difference = present.withColumn("difference", F.col("live") - F.col("batch"))
    return difference.select(
        "site", "window_start", "metric", dimension.alias("dimension"), "live", "batch", "difference",
        F.when(F.col("more").isNotNull(), "lines that were only imported").alias("explained_by"),
        (F.col("difference") + F.when(F.col("more").isNotNull(), explained).otherwise(F.lit(0.0))).alias("unexplained"),
    )  # fmt: skip


def _figures(rows: DataFrame, family: Family, side: str) -> DataFrame:
    """Return one row per window, dimension and metric with the figure as a number named `side`."""
    from shoplog.contracts.metrics import DURATION_BOUNDS_MS

    pairs = []
    for metric in family.metrics:
        if metric.type == "array<bigint>":
            pairs += [
                f"'{metric.name}[{i}]', cast({metric.name}[{i}] as double)" for i in range(len(DURATION_BOUNDS_MS) + 1)
            ]
        elif metric.figure:
            pairs.append(f"'{metric.figure_name}', cast(coalesce({metric.figure_name}, 0) as double)")
        else:
            pairs.append(f"'{metric.name}', cast({metric.name} as double)")
    keys = ["site", "window_start", *family.dimensions]
    return rows.selectExpr(*keys, f"stack({len(pairs)}, {', '.join(pairs)}) as (metric, {side})")
