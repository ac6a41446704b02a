"""The live page's figures: read again only when the partials or the published days have a new commit."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
from deltalake import DeltaTable

from dashboard.read_model.figures import live_figures, shown_from
from dashboard.read_model.known_files import KnownFiles
from shoplog.contracts.proof import PUBLISHED_DAY
from shoplog.contracts.tables import GOLD_PARTIAL_LIVE
from shoplog.io.arrow import arrow_schema
from shoplog.io.commits import State, entry_identity, latest_state, written_at
from shoplog.settings import Settings


class LiveReadModel:
    """Keeps the last snapshot; `snapshot` costs a few file checks while nothing has changed, for any number of viewers."""

    def __init__(self, settings: Settings, sites: Sequence[str] = ()) -> None:
        """Read from the settings' warehouse, of these sites alone where some are given."""
        self._settings = settings
        self._partials = settings.warehouse / GOLD_PARTIAL_LIVE.name
        self._published = settings.warehouse / PUBLISHED_DAY.name
        self._states: tuple[State, State] = ((None, None), (None, None))
        self._visible_at: float | None = None
        self._figures: dict[str, Any] = {"has_lines": False}
        self._table: DeltaTable | None = None
        self._of_sites = pl.col("site").is_in(list(sites)) if sites else pl.lit(True)
        self._known = KnownFiles(self._of_sites)
        self._lock = threading.Lock()

    def snapshot(self) -> dict[str, Any]:
        """Return the figures with `version`, `visible_at` (epoch s) and `stale_s` since the last commit."""
        with self._lock:
            self._refresh()
            stale = None if self._visible_at is None else time.time() - self._visible_at
            return {**self._figures, "version": self._states[0][0], "visible_at": self._visible_at, "stale_s": stale}

    def _refresh(self) -> None:
        while (states := self._newest_states()) != self._states:
            (version, _), published = states
            if version is None:
                self._states, self._visible_at, self._figures, self._table = states, None, {"has_lines": False}, None
                return
            try:
                table = self._opened(version)
                visible_at = written_at(self._partials, table.version())
                self._figures = self._read(table, published[0], visible_at)
                state = (table.version(), entry_identity(self._partials, table.version()))
                self._states, self._visible_at = (state, published), visible_at
                return
            except (FileNotFoundError, pl.exceptions.ComputeError):
                # Files that upkeep has folded may be removed while they are read; the version after that has no need of
                # them. At the newest version nothing may be missing.
                if self._newest_states() == states:
                    raise

    def _newest_states(self) -> tuple[State, State]:
        (known, _), (published, _) = self._states
        return latest_state(self._partials, known), latest_state(self._published, published)

    def _opened(self, version: int) -> DeltaTable:
        """Return the partials at this version or a later one; only new entries of the log are read."""
        known, identity = self._states[0]
        is_other = entry_identity(self._partials, known) != identity
        if self._table is None or is_other or self._table.version() > version:
            self._table = DeltaTable(str(self._partials))
        self._table.update_incremental()
        return self._table

    def _read(self, table: DeltaTable, published: int | None, visible_at: float) -> dict[str, Any]:
        days = None if published is None else pl.scan_delta(str(self._published), version=published)
        until = datetime.fromtimestamp(visible_at, UTC)
        newest, totals = self._known.read(table.file_uris(), until)
        recent = [] if newest is None else self._known.since(shown_from(newest))
        figures = live_figures(_rows(recent).filter(self._of_sites), newest, totals, days, until)
        return {**figures, "replay": self._settings.replay or figures.get("replay", False)}


def _rows(files: Sequence[Path]) -> pl.LazyFrame:
    """Return the rows of some files: a scan of the table would plan all of its history."""
    if not files:
        return pl.LazyFrame(schema=pl.Schema(arrow_schema(GOLD_PARTIAL_LIVE)))
    return pl.scan_parquet(list(files), hive_partitioning=False, missing_columns="insert")
