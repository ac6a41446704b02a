"""The newest accepted lines, masked: what kind of page was asked for, not by whom, and nothing that tells visits apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from dashboard.read_model.plain import plain
from shoplog.contracts.tables import BRONZE_ACCESS_LOG
from shoplog.io.commits import State, latest_state, read_commit
from shoplog.settings import Settings

_LINES = 10
# Upkeep's commits bring no line: the stream's last one is not far behind.
_COMMITS_BACK = 20
# A template has {id}, {text} and the like where paths vary, and no parameters: contracts.pages.
_SHOWN = (
    "site", "event_time", "method", "path_template", "status", "bytes_sent", "duration_ms", "country", "device", "traffic_type",
    "bot_name", "event_name",
)  # fmt: skip


class RecentLines:
    """Keeps the newest lines of some sites; each file of the stream's last commits is read once."""

    def __init__(self, settings: Settings, of_sites: pl.Expr) -> None:
        """Know none yet."""
        self._table = settings.warehouse / BRONZE_ACCESS_LOG.name
        self._chosen = of_sites & (pl.col("fate") == "accepted")
        self._state: State = (None, None)
        self._files: dict[str, pl.DataFrame] = {}

    def read(self) -> list[dict[str, Any]]:
        """Return the newest accepted lines of the last commits, the newest first; none where nothing was committed yet."""
        state = latest_state(self._table, self._state[0])
        if state != self._state:
            self._files = self._newest_files(state[0])
            self._state = state
        lines = pl.concat(self._files.values()) if self._files else pl.DataFrame(schema={"event_time": pl.Datetime})
        return [plain(row) for row in lines.sort("event_time", descending=True).head(_LINES).iter_rows(named=True)]

    def _newest_files(self, version: int | None) -> dict[str, pl.DataFrame]:
        found: dict[str, pl.DataFrame] = {}
        newest = -1 if version is None else version
        for one in range(newest, max(newest - _COMMITS_BACK, -1), -1):
            try:
                commit = read_commit(self._table, one)
            except FileNotFoundError:
                # Cleaned away with all before it.
                break
            for path in commit.added:
                # What upkeep has folded and removed since was older than what it left alone.
                if path in self._files or Path(path).exists():
                    found[path] = self._files[path] if path in self._files else self._newest(path)
            if sum(rows.height for rows in found.values()) >= _LINES:
                break
        return found

    def _newest(self, path: str) -> pl.DataFrame:
        rows = pl.scan_parquet(path, hive_partitioning=False).filter(self._chosen).select(*_SHOWN)
        return rows.sort("event_time", descending=True).head(_LINES).collect()
