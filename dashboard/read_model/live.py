"""The live page's figures: read again only when the partials or the published days have a new commit."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

<<<<<<< HEAD
from shoplog.contracts.metrics import LEDGER, PAGES, TRAFFIC
=======
from dashboard.read_model.figures import live_figures
>>>>>>> page
from shoplog.contracts.tables import GOLD_PARTIAL_LIVE, PUBLISHED_DAY
from shoplog.io.commits import latest_version
from shoplog.settings import Settings


class LiveReadModel:
    """Keeps the last snapshot; `snapshot` costs a few file checks while nothing has changed, for any number of viewers."""

    def __init__(self, settings: Settings) -> None:
        """Read from the settings' warehouse."""
        self._settings = settings
        self._partials = settings.warehouse / GOLD_PARTIAL_LIVE.name
        self._published = settings.warehouse / PUBLISHED_DAY.name
        self._versions: tuple[int | None, int | None] = (None, None)
        self._visible_at: float | None = None
        self._figures: dict[str, Any] = {"has_lines": False}
        self._lock = threading.Lock()

    def snapshot(self) -> dict[str, Any]:
        """Return the figures with `version`, `visible_at` (epoch s) and `stale_s` since the last commit."""
        with self._lock:
            self._refresh()
            stale = None if self._visible_at is None else time.time() - self._visible_at
            return {**self._figures, "version": self._versions[0], "visible_at": self._visible_at, "stale_s": stale}

<<<<<<< HEAD
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
=======
    def _refresh(self) -> None:
        while (versions := self._newest_versions()) != self._versions:
            version, published = versions
            if version is None:
                self._versions, self._visible_at, self._figures = versions, None, {"has_lines": False}
                return
            try:
                visible_at = _log_entry(self._partials, version).stat().st_mtime
                self._figures = self._read(version, published, visible_at)
                self._versions, self._visible_at = versions, visible_at
                return
            except (FileNotFoundError, pl.exceptions.ComputeError):
                # Files that upkeep has folded may be removed while they are read; the version after that has no need of
                # them. At the newest version nothing may be missing.
                if self._newest_versions() == versions:
                    raise
>>>>>>> page

    def _newest_versions(self) -> tuple[int | None, int | None]:
        known, published = self._versions
        return newest_version(self._partials, known), newest_version(self._published, published)

    def _read(self, version: int, published: int | None, visible_at: float) -> dict[str, Any]:
        days = None if published is None else pl.scan_delta(str(self._published), version=published)
        partials = pl.scan_delta(str(self._partials), version=version)
        figures = live_figures(partials, days, datetime.fromtimestamp(visible_at, UTC))
        return {**figures, "replay": self._settings.replay or figures.get("replay", False)}


def newest_version(table: Path, known: int | None) -> int | None:
    """Return the table's newest version from the one that was newest before; lists the log only where that one is gone."""
    if known is None or not _log_entry(table, known).exists():
        return latest_version(table)
    while _log_entry(table, known + 1).exists():
        known += 1
    return known


def _log_entry(table: Path, version: int) -> Path:
    return table / "_delta_log" / f"{version:020d}.json"
