"""What the live page shows, made from the partials: plain numbers and short texts, ready for JSON."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from shoplog.contracts.families import PAGES, TRAFFIC
from shoplog.contracts.sessions import CAP_HOURS
from shoplog.contracts.visitor_minutes import VISITOR_MINUTES
from shoplog.io.duck import estimate_visitors
from shoplog.transforms.open_sessions import open_sessions

_SERIES_MINUTES = 60
_VISITOR_MINUTES = 5
_PAGE_HOURS = 2
_TOP_PAGES = 10
_REPLAY_AFTER_S = 3600
# Below that a running minute says little: one line in its first second is no 1 request/s.
_RUNNING_AT_LEAST_S = 10
# A path may have a megabyte; every message to every viewer carries ten of them.
_PATH_CHARACTERS = 200
_STATUS = [f"status_{n}xx" for n in (1, 2, 3, 4, 5)]


def live_figures(
    partials: pl.LazyFrame,
    newest: datetime | None,
    totals: dict[str, int],
    published: pl.LazyFrame | None,
    visible_at: datetime,
) -> dict[str, Any]:
    """Return the figures of `gold_partial_live` rows as the commit of `visible_at` left them; times are UTC.

    `newest` is their newest minute that has begun by then, `totals` are their lines by fate.
    """
    family, start = pl.col("family"), pl.col("window_start")
    # A server's clock may run minutes ahead: its lines wait here until their minute has come.
    begun = start <= visible_at
    if newest is None:
        return {"has_lines": False, "totals": totals}
    hours = timedelta(hours=_PAGE_HOURS)
    recent = partials.filter((start >= _day(newest - hours)) & begun)
    seen = partials.filter((start >= shown_from(newest)) & begun & (family == VISITOR_MINUTES.name))
    traffic, pages, visits = pl.collect_all(
        [
            recent.filter(family == TRAFFIC.name),
            _top(recent.filter((family == PAGES.name) & (start > newest - hours))),
            seen.select("site", "window_start", *VISITOR_MINUTES.dimensions, "visitor_pages", "visitor_events"),
        ]
    )
    minutes = traffic.filter(start > newest - timedelta(minutes=_SERIES_MINUTES))
    until = newest + timedelta(minutes=1)
    running_s = min(60.0, max(1.0, (visible_at - newest).total_seconds()))
    visitors = minutes.filter(start > newest - timedelta(minutes=_VISITOR_MINUTES))["visitors_sketch"]
    return {
        "has_lines": True,
        "data_as_of": min(until, visible_at).isoformat(timespec="seconds"),
        "replay": (visible_at - until).total_seconds() > _REPLAY_AFTER_S,
        "status": day_status(traffic.filter(start >= _day(newest)), published, newest),
        **_rates(minutes, newest, running_s),
        "visitors_5m": estimate_visitors(visitors.to_list()),
        "open_sessions": open_sessions(visits, newest).height,
        "status_mix": {name[7:]: int(minutes[name].sum()) for name in _STATUS},
        "top_pages": [[_cut(path), requests] for path, requests in pages.rows()],
        "totals": totals,
    }


def shown_from(newest: datetime) -> datetime:
    """Return the start of the oldest UTC day that is looked at: a session may last so long."""
    return _day(newest - timedelta(hours=CAP_HOURS))


def _day(moment: datetime) -> datetime:
    """Return the start of the UTC day."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _rates(minutes: pl.DataFrame, newest: datetime, running_s: float) -> dict[str, Any]:
    """Return requests per second of each minute, one without lines being 0, and of now, over one to two minutes."""
    errors = (pl.col("status_4xx") + pl.col("status_5xx")).alias("errors")
    counted = minutes.group_by("window_start").agg(pl.col("requests").sum(), errors.sum())
    every = pl.datetime_range(minutes["window_start"].min(), newest, "1m", eager=True, time_zone="UTC")
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
        "requests_per_s": round(counts["requests"].tail(spanned).sum() / sum(seconds[-spanned:]), 2),
    }


def _top(pages: pl.LazyFrame) -> pl.LazyFrame:
    top = pages.group_by("path").agg(pl.col("requests").sum())
    return top.sort(["requests", "path"], descending=[True, False]).head(_TOP_PAGES)


def _cut(path: str | None) -> str | None:
    """Return the path at a length a screen has room for; a line without a request has none."""
    return path if path is None or len(path) <= _PATH_CHARACTERS else path[:_PATH_CHARACTERS] + "…"


def day_status(traffic: pl.DataFrame, published: pl.LazyFrame | None, newest: datetime) -> str:
    """Return what `gold_*_now` says of a day's traffic: provisional until every site of it is published.

    `final_dirty` means that lines came after a site was published.
    """
    if published is None:
        return "provisional"
    rows = published.filter(pl.col("day") == newest.astimezone(UTC).date()).sort("published_at")
    pinned = rows.group_by("site").agg(pl.col("live_requests").last()).collect()
    sites = traffic.group_by("site").agg(pl.col("requests").sum()).join(pinned, on="site", how="left")
    if sites["live_requests"].null_count():
        return "provisional"
    return "final_dirty" if (sites["requests"] > sites["live_requests"]).any() else "final"
