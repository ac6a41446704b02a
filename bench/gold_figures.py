"""The compared figures as gold's tables have them."""

from __future__ import annotations

import polars as pl

from bench.sides import Output
from shoplog.contracts.families import STATUSES, TRAFFIC
from shoplog.contracts.visits import GOLD_SESSIONS
from shoplog.settings import Settings


def gold_figures(settings: Settings) -> dict[str, Output]:
    """Return requests and bytes per hour, requests per status, and sessions where there are any, of all days."""
    hour = pl.col("window_start").dt.strftime("%H").alias("hour")
    traffic = _table(settings, TRAFFIC.table).group_by(hour).agg(pl.col("requests", "bytes_sent").sum()).sort("hour")
    hours = traffic.collect()
    by_status = (
        _table(settings, STATUSES.table).group_by(pl.col("http_status").cast(pl.String)).agg(pl.col("requests").sum())
    )
    return {
        "requests_per_hour": dict(hours.select("hour", "requests").iter_rows()),
        "bytes_per_hour": dict(hours.select("hour", "bytes_sent").iter_rows()),
        "requests_per_status": dict(by_status.sort("http_status").collect().iter_rows()),
        "sessions": _sessions(settings),
    }


def _sessions(settings: Settings) -> int | None:
    if not (settings.warehouse / GOLD_SESSIONS.name).exists():
        return None
    found = _table(settings, GOLD_SESSIONS.name).select(pl.col("sessions").sum()).collect().item()
    return None if found is None else int(found)


def _table(settings: Settings, name: str) -> pl.LazyFrame:
    return pl.scan_delta(str(settings.warehouse / name))
