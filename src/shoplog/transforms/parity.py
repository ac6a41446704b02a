"""Live against batch: every figure of every window as one row a side, and what of a difference is explained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from shoplog.contracts.families import DIMENSIONS, FAMILIES
from shoplog.contracts.metrics import DURATION_BOUNDS_MS
from shoplog.contracts.model import Family, Metric
from shoplog.contracts.session_figures import SESSIONS
from shoplog.contracts.sessions import SESSIONS_DIFFER

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_KEYS = ("family", "site", "window_start", "dimension", "metric")


def figures_of_partials(partials: DataFrame, side: str) -> DataFrame:
    """Return family, site, window_start, dimension, metric and the figure, named `side`, of folded partials."""
    metrics = dict.fromkeys(metric for family in FAMILIES for metric in family.metrics)
    figured = partials.selectExpr("*", *(f"{m.figure} as {m.figure_name}" for m in metrics if m.figure))
    plain = ", ".join(f"'{family.name}'" for family in FAMILIES if not family.dimensions)
    dimension = f"case when family not in ({plain}) then to_json(struct({', '.join(DIMENSIONS)})) end"
    owners = {m: ", ".join(f"'{f.name}'" for f in FAMILIES if m in f.metrics) for m in metrics}
    pairs = [(name, f"if(family in ({owners[m]}), {sql}, null)") for m in metrics for name, sql in _pairs(m)]
    return _stacked(figured, "family", dimension, pairs, side)


def figures_of_tables(gold: Mapping[str, DataFrame], side: str) -> DataFrame:
    """Return the same of the recomputed tables, given by family."""
    parts = [_of_table(gold[family.name], family, side) for family in FAMILIES]
    union = parts[0]
    for part in parts[1:]:
        union = union.unionByName(part)
    return union


def _of_table(rows: DataFrame, family: Family, side: str) -> DataFrame:
    ordered = [name for name in DIMENSIONS if name in family.dimensions]
    dimension = f"to_json(struct({', '.join(ordered)}))" if ordered else "cast(null as string)"
    return _stacked(rows, f"'{family.name}'", dimension, [pair for m in family.metrics for pair in _pairs(m)], side)


def _pairs(metric: Metric) -> list[tuple[str, str]]:
    """Return names of figures and SQL for each as a number that is never null."""
    if metric.type == "array<bigint>":
        buckets = range(len(DURATION_BOUNDS_MS) + 1)
        return [(f"{metric.name}[{i}]", f"cast({metric.name}[{i}] as double)") for i in buckets]
    name = metric.figure_name or metric.name
    pairs = [(name, f"cast(coalesce({name}, 0) as double)")]
    if metric.type.startswith("decimal"):
        # Unknown is not 0: whether it is known is compared too.
        pairs.append((f"{name}[known]", f"cast({name} is not null as double)"))
    return pairs


def _stacked(rows: DataFrame, family: str, dimension: str, pairs: list[tuple[str, str]], side: str) -> DataFrame:
    stacked = ", ".join(f"'{name}', {sql}" for name, sql in pairs)
    return rows.selectExpr(
        f"{family} as family", "site", "window_start", f"{dimension} as dimension",
        f"stack({len(pairs)}, {stacked}) as (metric, {side})",
    ).where(f"{side} is not null")  # fmt: skip


def compared(live: DataFrame, batch: DataFrame, imported: DataFrame) -> DataFrame:
    """Return each figure with both sides, the difference, what explains it and what is left unexplained.

    `imported` (column `more`) are the figures of lines that only an import brought: batch may have more by them. A side
    that is missing is null, and so is `unexplained` then.
    """
    from pyspark.sql import functions as F

    joined = _joined(_joined(live, batch, "full"), imported, "left")
    # Estimates and maxima do not add up line by line: where imports explain the lines, they explain these.
    sums = [m.name for family in FAMILIES for m in family.metrics if m.merge.startswith(("sum(", "array(sum("))]
    adds_up = F.substring_index("metric", "[", 1).isin(sums) & ~F.col("metric").endswith("[known]")
    has_more = F.col("more").isNotNull()
    present = joined.withColumn("live", F.when(has_more, F.coalesce("live", F.lit(0.0))).otherwise(F.col("live")))
    different = present.withColumn("difference", F.col("live") - F.col("batch"))
    explained = F.when(~has_more, F.lit(0.0)).when(adds_up, F.col("more")).otherwise(-F.col("difference"))
    return different.select(
        *_KEYS, "live", "batch", "difference",
        F.when(has_more, "lines that were only imported").alias("explained_by"),
        (F.col("difference") + explained).alias("unexplained"),
    )  # fmt: skip


def compared_again(live: DataFrame, batch: DataFrame, again: DataFrame, why: str) -> DataFrame:
    """Return the figures of a site whose lines the stream read otherwise than the recompute did, for the reason `why`.

    `again` (column `again`) are the figures of the lines as the stream read them: what `live` differs from these by is
    unexplained. A figure that one reading does not have counts as 0 there.
    """
    from pyspark.sql import functions as F

    joined = _joined(_joined(live, batch, "full"), again, "full").na.fill(0, ["live", "batch", "again"])
    differs = F.col("live") != F.col("batch")
    return joined.select(
        *_KEYS, "live", "batch", (F.col("live") - F.col("batch")).alias("difference"),
        F.when(differs, F.lit(why)).alias("explained_by"), (F.col("live") - F.col("again")).alias("unexplained"),
    )  # fmt: skip


def compared_sessions(live: DataFrame, again: DataFrame, batch: DataFrame) -> DataFrame:
    """Return the hours' sessions of both layers in the same form: a difference of definition, proved to be no more.

    `live` are sessions by the stream's visitor minutes, `again` the same of its lines made anew, `batch` the nightly's
    sessions (site, window_start, sessions each). Whatever `live` and `again` differ by is unexplained.
    """
    from pyspark.sql import functions as F

    keys = ("site", "window_start")
    sides = [
        rows.selectExpr(*keys, f"sessions {name}")
        for rows, name in ((live, "live"), (again, "again"), (batch, "batch"))
    ]
    joined = sides[0].join(sides[1], list(keys), "full").join(sides[2], list(keys), "full").na.fill(0)
    return joined.select(
        F.lit(SESSIONS.name).alias("family"), *keys, F.lit(None).cast("string").alias("dimension"),
        F.lit("sessions").alias("metric"), F.col("live").cast("double"), F.col("batch").cast("double"),
        (F.col("live") - F.col("batch")).cast("double").alias("difference"),
        F.when(F.col("live") != F.col("batch"), SESSIONS_DIFFER).alias("explained_by"),
        (F.col("live") - F.col("again")).cast("double").alias("unexplained"),
    )  # fmt: skip


def _joined(left: DataFrame, right: DataFrame, how: str) -> DataFrame:
    """Return a join in which an absent dimension is a value like any other."""
    from pyspark.sql import functions as F

    named = right.withColumnsRenamed({key: f"_{key}" for key in _KEYS})
    both = left.join(named, [F.col(key).eqNullSafe(F.col(f"_{key}")) for key in _KEYS], how)
    if how == "full":
        both = both.withColumns({key: F.coalesce(key, f"_{key}") for key in _KEYS})
    return both.drop(*(f"_{key}" for key in _KEYS))
