"""The live view: what the web's live page shows, from the same snapshots."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from dashboard.desktop.parts import Bars, Rows, Tile, plain_label
from dashboard.desktop.words import Words
from shoplog.contracts.figures import MONEY, Figure
from shoplog.report.words import number_text

_MINUTE_S = 60.0
_TILES = (
    ("requests_per_s", "rate", "requests / s"),
    ("visitors_5m", "visitors_5m", "visitors, last 5 min"),
    ("open_sessions", "open_sessions", "open sessions"),
    ("orders", "orders_today", "orders today (UTC)"),
    ("revenue", "revenue_today", "revenue today (UTC)"),
    ("error_ratio_5m", "errors_5m", "4xx and 5xx, last 5 min"),
    ("bot_requests_per_s", "bots_rate", "bots: requests / s"),
    ("accepted", "accepted", "accepted lines"),
    ("quarantined", "quarantined", "quarantined lines"),
    ("duplicates", "duplicates", "duplicate lines"),
)
_TILES_A_ROW, _TABLES_A_ROW = 5, 2
_MONEY, _RATIO = (Figure("", "", unit, "", False) for unit in (MONEY, "ratio"))


class LiveView(QWidget):
    """Tiles, the last hour and tables."""

    def __init__(self, words: Words) -> None:
        """Show nothing until the first snapshot."""
        super().__init__()
        self._words = words
        self.tiles = {name: Tile(words(key, english)) for name, key, english in _TILES}
        self.chart = Bars(words("last_hour", "requests per second, last hour (UTC)"))
        requests, share = words("requests", "requests"), words("share", "share")
        path, items = words("dimension_path", "path"), words("dimension_item_id", "item")
        views, adds = words("figure_item_views", "item views"), words("figure_cart_adds", "cart adds")
        step, visitors = words("dimension_event_name", "event"), words("figure_visitors", "visitors")
        self.pages, self.products = Rows((path, requests)), Rows((items, views, adds))
        self.funnel, self.statuses = Rows((step, visitors)), Rows((words("status", "status"), requests, share))
        layout = QVBoxLayout(self)
        layout.addLayout(_grid([(tile,) for tile in self.tiles.values()], _TILES_A_ROW))
        layout.addWidget(self.chart, 1)
        tables = (
            (words("table_pages", "Top pages"), self.pages),
            (words("table_products", "Top products"), self.products),
            (words("table_funnel", "Funnel"), self.funnel),
            (words("table_status", "Status, last hour"), self.statuses),
        )
        named = [(plain_label(title, is_bold=True), table) for title, table in tables]
        layout.addLayout(_grid(named, _TABLES_A_ROW), 2)

    def show_snapshot(self, live: dict[str, Any]) -> None:
        """Show one snapshot of the API."""
        for fate, count in (live.get("totals") or {}).items():
            self.tiles[fate].show_value(f"{count:,}")
        if not live["has_lines"]:
            return
        for name in ("requests_per_s", "bot_requests_per_s"):
            self.tiles[name].show_value(f"{live[name]:,.2f}")
        for name in ("visitors_5m", "open_sessions"):
            self.tiles[name].show_value(f"{live[name]:,}")
        errors, today = live["error_ratio_5m"], live["today"]
        self.tiles["error_ratio_5m"].show_value(number_text(errors, _RATIO, None))
        self.tiles["orders"].show_value(f"{today['orders']:,}")
        revenue = [number_text(Decimal(one["value"]), _MONEY, one["currency"]) for one in today["revenue"]]
        self.tiles["revenue"].show_value(" + ".join(revenue) or "–")
        series = live["series"]
        self.chart.show_series(series["time"], series["requests_per_s"], series["errors_per_s"], _MINUTE_S)
        mix = live["status_mix"]
        every = sum(mix.values()) or 1
        self.statuses.show_rows([(name, f"{count:,}", f"{count / every:.1%}") for name, count in mix.items()])
        nameless = self._words("no_request_line", "no request line")
        self.pages.show_rows([(path or nameless, f"{count:,}") for path, count in live["top_pages"]])
        items = live["tables"]["products"]
        self.products.show_rows([(one["item_id"], f"{one['item_views']:,}", f"{one['cart_adds']:,}") for one in items])
        self.funnel.show_rows([(one["event_name"], f"{one['visitors']:,}") for one in live["funnel"]])


def _grid(cells: Sequence[tuple[QWidget, ...]], columns: int) -> QGridLayout:
    """Return the cells in rows of so many; the widgets of a cell stand one below the other."""
    grid = QGridLayout()
    for at, widgets in enumerate(cells):
        for below, widget in enumerate(widgets):
            grid.addWidget(widget, at // columns * len(widgets) + below, at % columns)
    return grid
