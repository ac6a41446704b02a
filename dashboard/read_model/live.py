"""The live page's figures: read again only when the partials or the published days have a new commit."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl
from deltalake import DeltaTable

from dashboard.read_model.currencies import Currencies
from dashboard.read_model.figures import live_figures
from dashboard.read_model.followed import FollowedTable
from dashboard.read_model.known_files import KnownFiles
from dashboard.read_model.recent import RecentFiles, starts
from dashboard.read_model.recent_lines import RecentLines
from shoplog.contracts.proof import PUBLISHED_DAY
from shoplog.contracts.tables import GOLD_PARTIAL_LIVE
from shoplog.io.commits import State, entry_identity, written_at
from shoplog.io.duck import open_connection
from shoplog.settings import Settings


class LiveReadModel:
    """Keeps the last snapshot; `snapshot` costs a few file checks while nothing has changed, for any number of viewers."""

    def __init__(self, settings: Settings, sites: Sequence[str] = ()) -> None:
        """Read from the settings' warehouse, of these sites alone where some are given."""
        self._settings = settings
        self._partials = settings.warehouse / GOLD_PARTIAL_LIVE.name
        self._published = settings.warehouse / PUBLISHED_DAY.name
        self._tables = FollowedTable(self._partials), FollowedTable(self._published)
        self._visible_at: float | None = None
        self._figures: dict[str, Any] = {"has_lines": False}
        of_sites = pl.col("site").is_in(list(sites)) if sites else pl.lit(True)
        self._known, self._recent = KnownFiles(of_sites), RecentFiles(of_sites)
        self._lines, self._currencies = RecentLines(settings, of_sites), Currencies(settings)
        self._connection = open_connection()
        self._lock = threading.Lock()

    def snapshot(self) -> dict[str, Any]:
        """Return the figures with `version`, `visible_at` (epoch s) and `stale_s` since the last commit."""
        with self._lock:
            self._refresh()
            stale = None if self._visible_at is None else time.time() - self._visible_at
            return {
                **self._figures,
                "version": self._tables[0].state[0],
                "visible_at": self._visible_at,
                "stale_s": stale,
            }

    def _refresh(self) -> None:
        partials, published = self._tables
        while (states := self._newest_states()) != (partials.state, published.state):
            version, days_version = (state[0] for state in states)
            if version is None:
                self._visible_at, self._figures = None, {"has_lines": False}
                partials.state, published.state = states
                return
            try:
                table = partials.opened(version)
                visible_at = written_at(self._partials, table.version())
                self._figures = self._read(table, days_version, visible_at)
                partials.state = (table.version(), entry_identity(self._partials, table.version()))
                published.state, self._visible_at = states[1], visible_at
                return
            except (FileNotFoundError, pl.exceptions.ComputeError):
                # Files that upkeep has folded may be removed while they are read; the version after that has no need of
                # them. At the newest version nothing may be missing.
                if self._newest_states() == states:
                    raise

    def _newest_states(self) -> tuple[State, State]:
        partials, published = self._tables
        return partials.newest(), published.newest()

    def _read(self, table: DeltaTable, published: int | None, visible_at: float) -> dict[str, Any]:
        days = None if published is None else pl.scan_delta(str(self._published), version=published)
        until = datetime.fromtimestamp(visible_at, UTC)
        newest, totals = self._known.read(table.file_uris(), until)
        figures: dict[str, Any] = {
            "has_lines": newest is not None,
            "totals": totals,
            "quarantined": self._known.reasons(),
            "lines": self._lines.read(),
        }
        if newest is not None:
            files = self._known.since(min(starts(newest).values()))
            recent = self._recent.rows(files, newest, until)
            figures |= live_figures(recent, newest, days, until, self._currencies.now(), self._connection)
        return {**figures, "replay": self._settings.replay or figures.get("replay", False)}
