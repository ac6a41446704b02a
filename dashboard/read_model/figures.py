"""What the live page shows, made from recent partials: plain numbers and short texts, ready for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import duckdb
import polars as pl

from dashboard.read_model.live_tables import funnel_now, orders_of_day, tables
from dashboard.read_model.recent import SERIES_MINUTES, Recent, day_of
from shoplog.contracts.families import TRAFFIC
from shoplog.contracts.visitor_minutes import VISITOR_MINUTES
from shoplog.io.duck import estimate_visitors
from shoplog.transforms.open_sessions import open_session_count

_LAST_MINUTES = 5
_REPLAY_AFTER_S = 3600
# Below that a running minute says little: one line in its first second is no 1 request/s.
_RUNNING_AT_LEAST_S = 10
_STATUS = [f"status_{n}xx" for n in (1, 2, 3, 4, 5)]
_ERRORS = pl.col("status_4xx") + pl.col("status_5xx")


def live_figures(
    recent: Recent,
    newest: datetime,
    published: pl.LazyFrame | None,
    visible_at: datetime,
    currencies: Mapping[str, str],
    connection: duckdb.DuckDBPyConnection,
) -> dict[str, Any]:
    """Return the figures of recent partials as the commit of `visible_at` left them; times are UTC.

    `newest` is their newest minute that has begun by then, `currencies` are those of the sites.
    """
    traffic = recent[TRAFFIC.name]
    minutes = traffic.filter(pl.col("window_start") > newest - timedelta(minutes=SERIES_MINUTES))
    last = minutes.filter(pl.col("window_start") > newest - timedelta(minutes=_LAST_MINUTES))
    until = newest + timedelta(minutes=1)
    running_s = min(60.0, max(1.0, (visible_at - newest).total_seconds()))
    failed, asked = last.select(_ERRORS.sum()).item(), last["requests"].sum()
    return {
        "has_lines": True,
        "data_as_of": min(until, visible_at).isoformat(timespec="seconds"),
        "replay": (visible_at - until).total_seconds() > _REPLAY_AFTER_S,
        "status": day_status(traffic.filter(pl.col("window_start") >= day_of(newest)), published, newest),
        **_rates(minutes, newest, running_s),
        "visitors_5m": estimate_visitors(last["visitors_sketch"].to_list()),
        "error_ratio_5m": round(failed / asked, 4) if asked else None,
        "open_sessions": open_session_count(recent[VISITOR_MINUTES.name]),
        "status_mix": {name[7:]: int(minutes[name].sum()) for name in _STATUS},
        "funnel": funnel_now(recent),
        "today": orders_of_day(recent, connection, newest, currencies),
        "tables": (shown := tables(recent, connection, newest, min(until, visible_at))),
        "top_pages": [[row["path"], row["requests"]] for row in shown["pages"]],
    }


def _rates(minutes: pl.DataFrame, newest: datetime, running_s: float) -> dict[str, Any]:
    """Return requests per second of each minute, one without lines being 0, and of now, over one to two minutes."""
    sums = [pl.col("requests").sum(), _ERRORS.sum().alias("errors"), pl.col("bot_requests").sum()]
    counted = minutes.group_by("window_start").agg(sums)
    first: datetime = minutes.select(pl.col("window_start").min()).item()
    every = pl.datetime_range(first, newest, "1m", eager=True, time_zone="UTC")
    counts = (
        every.cast(minutes.schema["window_start"])
        .alias("window_start")
        .to_frame()
        .join(counted, on="window_start", how="left")
        .sort("window_start")
        .fill_null(0)
    )
    seconds = [60.0] * (counts.height - 1) + [max(running_s, _RUNNING_AT_LEAST_S)]
    # A running minute alone would fall to nothing each time the clock turns: it is read together with the one before.
    spanned = min(counts.height, 2 if running_s < 60 else 1)
    return {
        "series": {
            "time": [int(at.timestamp()) for at in counts["window_start"]],
            "requests_per_s": [round(n / s, 3) for n, s in zip(counts["requests"], seconds, strict=True)],
            "errors_per_s": [round(n / s, 3) for n, s in zip(counts["errors"], seconds, strict=True)],
        },
        "requests_per_s": round(int(counts["requests"].tail(spanned).sum()) / sum(seconds[-spanned:]), 2),
        "bot_requests_per_s": round(int(counts["bot_requests"].tail(spanned).sum()) / sum(seconds[-spanned:]), 2),
    }


def day_status(traffic: pl.DataFrame, published: pl.LazyFrame | None, newest: datetime) -> str:
    """Return what `gold_*_now` says of a day's traffic: provisional until every site of it is published.

    `final_dirty` means that lines came after a site was published.
    """
    if published is None:
        return "provisional"
    rows = published.filter(pl.col("day") == day_of(newest).date()).sort("published_at")
    pinned = rows.group_by("site").agg(pl.col("live_requests").last()).collect()
    sites = traffic.group_by("site").agg(pl.col("requests").sum()).join(pinned, on="site", how="left")
    if sites["live_requests"].null_count():
        return "provisional"
    return "final_dirty" if (sites["requests"] > sites["live_requests"]).any() else "final"
