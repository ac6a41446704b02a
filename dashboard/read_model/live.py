"""The live page's figures: read again only when a new commit of the partials is there."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from shoplog.contracts.metrics import LEDGER, PAGES, TRAFFIC
from shoplog.contracts.tables import GOLD_PARTIAL_LIVE, PUBLISHED_DAY
from shoplog.io.commits import latest_version
from shoplog.io.views import estimate_visitors
from shoplog.settings import Settings

_SERIES_MINUTES = 60
_VISITOR_MINUTES = 5
_TOP_PAGES = 10
_REPLAY_AFTER_S = 3600
_STATUS = [f"status_{n}xx" for n in (1, 2, 3, 4, 5)]


class LiveReadModel:
    """Keeps the last snapshot; `snapshot` costs a directory listing while nothing has changed."""

    def __init__(self, settings: Settings) -> None:
        """Read from the settings' warehouse."""
        self._settings = settings
        self._path = settings.warehouse / GOLD_PARTIAL_LIVE.name
        self._version: int | None = None
        self._seen_at = 0.0
        self._figures: dict[str, Any] = {"has_lines": False}

    def snapshot(self) -> dict[str, Any]:
        """Return the figures with `version`, `visible_at` (epoch s) and `stale_s` since the last commit."""
        version = latest_version(self._path)
        if version is not None and version != self._version:
            self._figures = self._read()
            self._version = version
            self._seen_at = (self._path / "_delta_log" / f"{version:020d}.json").stat().st_mtime
        stale = time.time() - self._seen_at if self._version is not None else None
        return {**self._figures, "version": self._version, "visible_at": self._seen_at, "stale_s": stale}

    def _read(self) -> dict[str, Any]:
        partials = pl.scan_delta(str(self._path))
        family, start = pl.col("family"), pl.col("window_start")
        newest = partials.filter(family == TRAFFIC.name).select(start.max()).collect().item()
        ledger = partials.filter(family == LEDGER.name)
        fates = ledger.select(pl.col(n).sum().fill_null(0) for n in ("accepted", "quarantined", "duplicates")).collect()
        totals = fates.row(0, named=True)
        if newest is None:
            return {"has_lines": False, "totals": totals}
        minutes = partials.filter(
            (family == TRAFFIC.name) & (start > newest - timedelta(minutes=_SERIES_MINUTES))
        ).collect()
        series = minutes.group_by("window_start").agg(pl.col("requests").sum()).sort("window_start")
        recent = minutes.filter(start > newest - timedelta(minutes=_VISITOR_MINUTES))
        pages = partials.filter((family == PAGES.name) & (start > newest - timedelta(hours=2)))
        top = pages.group_by("path").agg(pl.col("requests").sum()).sort(["requests", "path"], descending=[True, False])
        until = newest + timedelta(minutes=1)
        return {
            "has_lines": True,
            "data_as_of": until.isoformat(),
            "replay": self._settings.replay or (datetime.now(UTC) - until).total_seconds() > _REPLAY_AFTER_S,
            "status": self._status_of(newest),
            "series": {
                "time": [int(at.timestamp()) for at in series["window_start"]],
                "requests_per_s": [round(n / 60, 3) for n in series["requests"]],
            },
            "requests_per_s": round(series["requests"][-1] / 60, 2),
            "visitors_5m": estimate_visitors(recent["visitors_sketch"].to_list()),
            "status_mix": {name[7:]: int(minutes[name].sum()) for name in _STATUS},
            "top_pages": top.head(_TOP_PAGES).collect().rows(),
            "totals": totals,
        }

    def _status_of(self, newest: datetime) -> str:
        """Return final where the newest day is published, else provisional."""
        path = self._settings.warehouse / PUBLISHED_DAY.name
        if not path.exists():
            return "provisional"
        days = pl.scan_delta(str(path)).select("day").unique().collect()["day"].to_list()
        return "final" if newest.date() in days else "provisional"
