"""Addresses that behave out of the ordinary: floods, brute force, scanning; the same over a day and over the last minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from shoplog.contracts.anomalies import PATTERN_FACTOR, PATTERN_FLOORS, PATTERN_MINUTES, PATTERN_RANK, severity

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_ADDRESS = ["site", "address_id"]
_FIGURES = ("requests", "login_attempts", "attack_requests")
_LEAST = min(floor for _, floor in PATTERN_FLOORS.values())
_WORDS = {
    "brute_force": "login attempts",
    "scanning": "attacks and refused requests for weak spots",
    "flood": "requests",
}


def address_patterns(visitor_minutes: pl.DataFrame) -> pl.DataFrame:
    """Return the anomalies of addresses in visitors' minutes, one row for each address, without `host`, `file`, `byte_offset`.

    `visitor_minutes` have site, window_start, address_id, visitor_id, requests, login_attempts and attack_requests; a key may
    come more than once. An address is judged by ten minutes at a time, so any ten minutes that hold it tell.
    """
    tens = _with_thresholds(_ten_minutes(visitor_minutes))
    over = pl.concat([_over(tens, pattern) for pattern in PATTERN_FLOORS])
    # Of several patterns the first in the contract's order names the incident.
    rank = pl.col("pattern").replace_strict({name: n for n, name in enumerate(PATTERN_FLOORS)}, return_dtype=pl.Int32)
    worst = over.with_columns(rank.alias("_rank")).sort(
        *_ADDRESS, "_rank", "actual", descending=[False, False, False, True]
    )
    first = over.group_by(_ADDRESS).agg(pl.col("_first").min().alias("window_start"))
    end = over.group_by(_ADDRESS).agg((pl.col("window_start").max() + pl.duration(minutes=1)).alias("window_end"))
    agents = visitor_minutes.group_by(_ADDRESS).agg(pl.col("visitor_id").n_unique().alias("_agents"))
    found = worst.unique(_ADDRESS, keep="first", maintain_order=True).drop("window_start")
    for part in (first, end, agents):
        found = found.join(part, on=_ADDRESS, how="left")
    ratio = pl.col("actual") / pl.col("upper")
    rows = found.with_columns(
        (ratio / (1 + ratio)).alias("anomaly_score"),
        pl.lit("visitor").alias("kind"),
        pl.col("window_start").dt.date().alias("event_date"),
        pl.col("address_id").alias("subject"),
        pl.lit(0.0).alias("lower"),
    )
    return rows.with_columns(
        pl.struct("pattern", "anomaly_score").map_elements(lambda row: severity(*row.values()), pl.String).alias("severity"),
        pl.format(
            "{}: {} {} from one address (agents: {}) within ten minutes; the busiest others have {}",
            "pattern", pl.col("actual").cast(pl.Int64), pl.col("pattern").replace_strict(_WORDS, return_dtype=pl.String),
            "_agents", pl.col("expected").cast(pl.Int64),
        ).alias("why"),
    ).select("site", "event_date", "kind", "pattern", "metric", "window_start", "window_end", "subject", "actual", "expected",
             "lower", "upper", "anomaly_score", "severity", "why").sort("window_start", "site", "subject")  # fmt: skip


def busy_minutes(partials: DataFrame) -> DataFrame:
    """Return the visitors' minutes of addresses that may be an anomaly or rank: the others have too few requests in all."""
    from pyspark.sql import functions as F

    totals = partials.groupBy(*_ADDRESS).agg(F.sum("requests").alias("_total"))
    busy = totals.where(F.col("_total") >= _LEAST).select(*_ADDRESS)
    columns = (*_ADDRESS, "visitor_id", "window_start", *_FIGURES, "visitor_pages", "status_5xx")
    return partials.select(*columns).join(F.broadcast(busy), _ADDRESS)


def _ten_minutes(visitor_minutes: pl.DataFrame) -> pl.DataFrame:
    """Return each address's figures over the ten minutes that end with each of its minutes, and the first of these."""
    known = visitor_minutes.filter(pl.col("address_id").is_not_null())
    totals = known.group_by(_ADDRESS).agg(pl.col("requests").sum().alias("_total"))
    # The others' figures matter as far as they rank: an address with few requests in all never does.
    busy = known.join(totals.filter(pl.col("_total") >= _LEAST), on=_ADDRESS, how="semi")
    minutes = busy.group_by(*_ADDRESS, "window_start").agg(pl.col(_FIGURES).sum()).sort(*_ADDRESS, "window_start")
    return minutes.rolling("window_start", period=f"{PATTERN_MINUTES}m", group_by=_ADDRESS).agg(
        pl.col(_FIGURES).sum(), pl.col("window_start").min().alias("_first")
    )


def _with_thresholds(tens: pl.DataFrame) -> pl.DataFrame:
    """Return the ten minutes with what the fourth busiest address of the site has in them, as `_others_<figure>`."""
    others = (pl.col(name).top_k(PATTERN_RANK).min() for name in _FIGURES)
    enough = pl.len().over("site", "window_start") >= PATTERN_RANK
    return tens.with_columns(
        pl.when(enough).then(rank.over("site", "window_start")).otherwise(0).alias(f"_others_{name}")
        for name, rank in zip(_FIGURES, others, strict=True)
    )


def _over(tens: pl.DataFrame, pattern: str) -> pl.DataFrame:
    """Return the ten minutes that show a pattern."""
    metric, floor = PATTERN_FLOORS[pattern]
    others = pl.col(f"_others_{metric}")
    is_shown = pl.lit(True)
    upper: pl.Expr = pl.max_horizontal(pl.lit(floor), PATTERN_FACTOR * others)
    if pattern == "brute_force":
        upper, is_shown = pl.lit(floor), pl.col("login_attempts") * 2 >= pl.col("requests")
    return tens.filter((pl.col(metric) >= upper) & is_shown).select(
        *_ADDRESS, "window_start", "_first",
        pl.lit(pattern).alias("pattern"), pl.lit(metric).alias("metric"), pl.col(metric).cast(pl.Float64).alias("actual"),
        others.cast(pl.Float64).alias("expected"), upper.cast(pl.Float64).alias("upper"),
    )  # fmt: skip
