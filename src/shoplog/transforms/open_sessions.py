"""Sessions as the live partials show them: from the minutes in which each visitor was seen."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl

from shoplog.contracts import sessions as c

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_SEEN = pl.col("visitor_pages") + pl.col("visitor_events") > 0


def open_sessions(visitor_minutes: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """Return `OPEN_SESSION` of `VISITOR_MINUTES` rows: sessions with a view or event in the half hour before `now` (UTC).

    What differs from `sessions` is said in docs/sessions.md: times are whole minutes, only the last 24 hours are known.
    """
    minutes = visitor_minutes.filter((pl.col("window_start") > now - timedelta(hours=c.CAP_HOURS)) & _SEEN)
    newer = minutes.select("site", pl.col("visitor_id").alias("_newer"), pl.col("visitor_id_prev").alias("visitor_id"))
    known = newer.drop_nulls().unique(["site", "visitor_id"], keep="any")
    chained = minutes.join(known, on=["site", "visitor_id"], how="left").with_columns(
        pl.coalesce("_newer", "visitor_id").alias("visitor_id")
    )
    visitor, gap = ["site", "visitor_id"], timedelta(minutes=c.GAP_MINUTES)
    run = (pl.col("window_start").diff() > gap).fill_null(False).cum_sum().over(visitor).alias("_run")
    return (
        chained.sort(*visitor, "window_start")
        .with_columns(run)
        .group_by(*visitor, "_run")
        .agg(
            pl.col("window_start").min().alias("session_start"),
            pl.col("window_start").max().alias("session_end"),
            pl.col("visitor_pages").sum().alias("pages"),
            pl.col("visitor_events").sum().alias("events"),
        )
        .filter(pl.col("session_end") >= now - gap)
        .select(column.name for column in c.OPEN_SESSION)
        .sort(*visitor)
    )


def open_session_count(visitor_minutes: pl.DataFrame) -> int:
    """Return how many `open_sessions` there are, of the rows of the half hour before now alone.

    An open session was seen in it, and once: who was seen as of the day before and of today has the newer id.
    """
    seen = visitor_minutes.filter(_SEEN)
    earlier = seen.select("site", pl.col("visitor_id_prev").alias("visitor_id")).drop_nulls().unique()
    return seen.select("site", "visitor_id").unique().join(earlier, on=["site", "visitor_id"], how="anti").height


def sessions_by_minutes(visitor_minutes: DataFrame) -> DataFrame:
    """Return site, window_start (the hour) and `sessions` that start in it, of a UTC day of `VISITOR_MINUTES`.

    Who goes on from the day before starts anew here: only the day's own minutes are looked at.
    """
    from pyspark.sql import functions as F

    minutes = visitor_minutes.where("visitor_pages + visitor_events > 0").select("site", "visitor_id", "window_start")
    before = "lag(window_start) over (partition by site, visitor_id order by window_start)"
    starts = minutes.distinct().selectExpr("*", f"{before} as _before")
    starts = starts.where(f"_before is null or window_start > _before + interval {c.GAP_MINUTES} minutes")
    hours = starts.groupBy("site", F.date_trunc("hour", "window_start").alias("window_start"))
    return hours.agg(F.count("*").alias("sessions"))
