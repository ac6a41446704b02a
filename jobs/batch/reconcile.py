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
    """Return site, window_start, dimension, metric, live, batch, difference, explained_by, unexplained of a family."""
    from pyspark.sql import functions as F

    from shoplog.transforms.measure import measured

    live = session.read.format("delta").load(str(settings.warehouse / GOLD_PARTIAL_LIVE.name))
    live = merged(live.where(f"family = '{family.name}' and window_date = '{day.isoformat()}'"), family)
    batch = session.read.format("delta").load(str(settings.warehouse / family.table))
    batch = batch.where(f"event_date = '{day.isoformat()}'")
    keys = ["site", "window_start", "dimension", "metric"]
    # Null-safe: an absent dimension is a value like any other.
    joined = _joined(_figures(live, family, "live"), _figures(batch, family, "batch"), keys, "full")
    joined = _joined(joined, _figures(measured(imported, family), family, "more"), keys, "left")
    # Estimates and maxima do not add up line by line: where imports explain the lines, they explain these.
    sums = [m.name for m in family.metrics if m.merge.startswith("sum(") or m.type == "array<bigint>"]
    adds_up = F.split("metric", r"\[").getItem(0).isin(sums) & ~F.col("metric").endswith("[known]")
    explained = F.when(adds_up, F.col("more")).otherwise(-F.col("difference"))
    present = joined.withColumn(
        "live", F.when(F.col("more").isNotNull(), F.coalesce("live", F.lit(0.0))).otherwise(F.col("live"))
    )
    difference = present.withColumn("difference", F.col("live") - F.col("batch"))
    return difference.select(
        *keys, "live", "batch", "difference",
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
        else:
            name = metric.figure_name or metric.name
            pairs.append(f"'{name}', cast(coalesce({name}, 0) as double)")
        if metric.type.startswith("decimal"):
            # Unknown is not 0: whether it is known is compared too.
            pairs.append(f"'{metric.name}[known]', cast({metric.name} is not null as double)")
    # The dimensions' values as one text that two combinations never share; null where the family has none.
    dimension = f"to_json(struct({', '.join(family.dimensions)}))" if family.dimensions else "cast(null as string)"
    return rows.selectExpr(
        "site", "window_start", f"{dimension} dimension", f"stack({len(pairs)}, {', '.join(pairs)}) as (metric, {side})"
    )


def _joined(left: DataFrame, right: DataFrame, keys: list[str], how: str) -> DataFrame:
    """Return a join on keys that may be null."""
    from pyspark.sql import functions as F

    named = right.withColumnsRenamed({key: f"_{key}" for key in keys})
    on = [F.col(key).eqNullSafe(F.col(f"_{key}")) for key in keys]
    both = left.join(named, on, how)
    if how == "full":
        both = both.withColumns({key: F.coalesce(key, f"_{key}") for key in keys})
    return both.drop(*(f"_{key}" for key in keys))
