"""The live view: what the web's live page shows, from the same snapshots."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from dashboard.desktop.parts import Bars, Rows, Tile, plain_label
from dashboard.desktop.words import Words

_MINUTE_S = 60.0


class LiveView(QWidget):
    """Tiles, the last hour and two tables."""

    def __init__(self, words: Words) -> None:
        """Show nothing until the first snapshot."""
        super().__init__()
        self._words = words
        self.tiles = {
            name: Tile(words(key, english))
            for name, key, english in (
                ("requests_per_s", "rate", "requests / s"),
                ("visitors_5m", "visitors_5m", "visitors, last 5 min"),
                ("open_sessions", "open_sessions", "open sessions"),
                ("accepted", "accepted", "accepted lines"),
                ("quarantined", "quarantined", "quarantined lines"),
                ("duplicates", "duplicates", "duplicate lines"),
            )
        }
        self.chart = Bars(words("last_hour", "requests per second, last hour (UTC)"))
        requests, share = words("requests", "requests"), words("share", "share")
        self.statuses = Rows((words("status", "status"), requests, share))
        self.pages = Rows((words("page", "page"), requests))
        tiles = QGridLayout()
        for at, tile in enumerate(self.tiles.values()):
            tiles.addWidget(tile, at // 3, at % 3)
        tables = QHBoxLayout()
        for title, table in (
            (words("status_last_hour", "status, last hour"), self.statuses),
            (words("top_pages", "top pages, this hour and the one before"), self.pages),
        ):
            side = QVBoxLayout()
            side.addWidget(plain_label(title, is_bold=True))
            side.addWidget(table)
            tables.addLayout(side)
        layout = QVBoxLayout(self)
        layout.addLayout(tiles)
        layout.addWidget(self.chart, 1)
        layout.addLayout(tables, 1)

    def show_snapshot(self, live: dict[str, Any]) -> None:
        """Show one snapshot of the API."""
        for fate, count in (live.get("totals") or {}).items():
            self.tiles[fate].show_value(f"{count:,}")
        if not live["has_lines"]:
            return
        self.tiles["requests_per_s"].show_value(f"{live['requests_per_s']:,.2f}")
        for name in ("visitors_5m", "open_sessions"):
            self.tiles[name].show_value(f"{live[name]:,}")
        series = live["series"]
        self.chart.show_series(series["time"], series["requests_per_s"], series["errors_per_s"], _MINUTE_S)
        mix = live["status_mix"]
        every = sum(mix.values()) or 1
        self.statuses.show_rows([(name, f"{count:,}", f"{count / every:.1%}") for name, count in mix.items()])
        nameless = self._words("no_request_line", "no request line")
        self.pages.show_rows([(path or nameless, f"{count:,}") for path, count in live["top_pages"]])
