"""The newest minutes of sites and visitors, collected from partials as they come."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import polars as pl

from shoplog.contracts.anomalies import COUNTS, PATTERN_MINUTES
from shoplog.contracts.families import TRAFFIC
from shoplog.contracts.visitor_minutes import VISITOR_MINUTES

_OF_VISITOR = ("requests", "login_attempts", "attack_requests", "visitor_pages", "status_5xx")
# Columns of partials that are kept.
KEPT = list(dict.fromkeys(("family", "site", "window_start", *COUNTS, "address_id", "visitor_id", *_OF_VISITOR)))
_TIME = pl.Datetime("us", "UTC")
_MINUTE = timedelta(minutes=1)
# While lines are this new, the clock closes minutes too: nobody else tells of silence.
_LIVE = timedelta(minutes=30)


class Minutes:
    """Counts of the minutes not judged yet, and of visitors those that patterns look back at."""

    def __init__(self) -> None:
        """Begin without any."""
        key: dict[str, Any] = {"site": pl.String, "window_start": _TIME}
        self.traffic = pl.DataFrame(schema={**key, **dict.fromkeys(COUNTS, pl.Int64)})
        ids: dict[str, Any] = {"address_id": pl.String, "visitor_id": pl.String}
        self.visitors = pl.DataFrame(schema={**key, **ids, **dict.fromkeys(_OF_VISITOR, pl.Int64)})
        self.newest: datetime | None = None

    def add(self, partials: pl.DataFrame) -> None:
        """Add partials, with `KEPT` columns, of any families."""
        # Spark's own files hold times without a zone: in UTC.
        partials = partials.with_columns(pl.col("window_start").cast(_TIME))
        traffic = partials.filter(pl.col("family") == TRAFFIC.name).select(self.traffic.columns)
        visitors = partials.filter(pl.col("family") == VISITOR_MINUTES.name).select(self.visitors.columns)
        self.traffic = pl.concat([self.traffic, traffic]).group_by("site", "window_start").agg(pl.col(COUNTS).sum())
        self.visitors = pl.concat([self.visitors, visitors])
        newest = self.traffic["window_start"].max()
        if isinstance(newest, datetime):
            self.newest = max(newest, self.newest or newest)

    def forget(self, closed: datetime) -> None:
        """Drop what was judged and what no pattern looks back at any more."""
        back = closed - PATTERN_MINUTES * _MINUTE
        self.traffic = self.traffic.filter(pl.col("window_start") >= closed)
        self.visitors = self.visitors.filter(pl.col("window_start") >= back)


def closed_at(newest: datetime | None, now: datetime) -> datetime | None:
    """Return the end of the last closed minute: one later minute has passed, by lines or, while they are new, by the clock."""
    if newest is None:
        return None
    by_clock = now.replace(second=0, microsecond=0) - _MINUTE
    return max(newest - _MINUTE, by_clock) if now - newest < _LIVE else newest - _MINUTE
