"""How true answers are counted: figures that several families share, as expressions over known lines."""

from __future__ import annotations

import polars as pl

from shoplog.contracts.metrics import DURATION_BOUNDS_MS
from shoplog.traffic.known import BOT, PAGE_VIEW, PERSON

REQUESTS = pl.len().cast(pl.Int64).alias("requests")
BYTES_SENT = pl.col("bytes_sent").sum()
# Of people only; the live figure is an estimate of this one.
VISITORS = pl.col("visitor").filter(PERSON).drop_nulls().n_unique().cast(pl.Int64).alias("visitors")


def times(condition: pl.Expr, name: str) -> pl.Expr:
    """Return how often the condition holds."""
    return condition.sum().cast(pl.Int64).alias(name)


def status(hundreds: int) -> pl.Expr:
    """Return how many answers have a status of these hundreds."""
    return times(pl.col("status") // 100 == hundreds, f"status_{hundreds}xx")


def histogram() -> pl.Expr:
    """Return requests per bucket of durations."""
    took = pl.col("duration_ms")
    lows, highs = (-1, *DURATION_BOUNDS_MS), (*DURATION_BOUNDS_MS, 2**40)
    counts = [times((took > low) & (took <= high), f"{low}") for low, high in zip(lows, highs, strict=True)]
    return pl.concat_list(counts).alias("duration_histogram")


PAGE_VIEWS = times(PAGE_VIEW, "page_views")
BOT_REQUESTS = times(BOT, "bot_requests")


def counted(rows: pl.DataFrame, every: str, by: tuple[str | pl.Expr, ...], *figures: pl.Expr) -> pl.DataFrame:
    """Return the figures of each site, window and what else they are told apart `by`."""
    return rows.group_by("site", pl.col("time").dt.truncate(every).alias("window_start"), *by).agg(*figures)
