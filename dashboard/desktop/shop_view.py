"""The shop view: the sections of the web's shop page of the last days, from the same API."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from PySide6.QtWidgets import QGridLayout, QScrollArea, QVBoxLayout, QWidget

from dashboard.desktop.parts import Rows, Tile, plain_label
from dashboard.desktop.words import Words
from shoplog.contracts.figures import Figure
from shoplog.report.words import number_text

_TILES_A_ROW = 5
_ROW_PIXELS, _MOST_ROWS = 30, 12


class ShopView(QScrollArea):
    """One section below the other, of each site."""

    def __init__(self, words: Words) -> None:
        """Show nothing until the first report."""
        super().__init__()
        self._words = words
        self.setWidgetResizable(True)
        self.tiles: dict[tuple[str, str, str], Tile] = {}
        self.tables: dict[tuple[str, str], Rows] = {}
        self._shape: list[Any] = []

    def show_report(self, report: dict[str, Any]) -> None:
        """Show a report of the API; widgets are made anew only where its sections changed."""
        shape = [(site["site"], section["name"]) for site in report["sites"] for section in site["sections"]]
        if shape != self._shape:
            self._lay_out(report)
            self._shape = shape
        for site in report["sites"]:
            for section in site["sections"]:
                self._fill(site, section)

    def _lay_out(self, report: dict[str, Any]) -> None:
        self.tiles, self.tables = {}, {}
        inside = QWidget()
        layout = QVBoxLayout(inside)
        for site in report["sites"]:
            layout.addWidget(plain_label(site["site"], points=14, is_bold=True))
            for section in site["sections"]:
                layout.addWidget(plain_label(self._words(f"section_{section['name']}", section["title"]), is_bold=True))
                if section["dimensions"]:
                    layout.addWidget(self._table(site, section))
                else:
                    layout.addLayout(self._grid(site, section))
        layout.addStretch()
        # The widget of before goes with all that it holds.
        self.setWidget(inside)

    def _table(self, site: dict[str, Any], section: dict[str, Any]) -> Rows:
        names = [self._words(f"dimension_{name}", name.replace("_", " ")) for name in section["dimensions"]]
        figures = [self._figure_name(figure) for figure in section["figures"]]
        table = Rows((" · ".join(names), *figures))
        self.tables[site["site"], section["name"]] = table
        return table

    def _grid(self, site: dict[str, Any], section: dict[str, Any]) -> QGridLayout:
        grid = QGridLayout()
        for at, figure in enumerate(section["figures"]):
            tile = Tile(self._figure_name(figure))
            self.tiles[site["site"], section["name"], figure["name"]] = tile
            grid.addWidget(tile, at // _TILES_A_ROW, at % _TILES_A_ROW)
        return grid

    def _figure_name(self, figure: dict[str, Any]) -> str:
        return self._words(f"figure_{figure['name']}", figure["name"].replace("_", " "))

    def _fill(self, site: dict[str, Any], section: dict[str, Any]) -> None:
        def text(row: dict[str, Any], figure: dict[str, Any]) -> str:
            value = row["values"][figure["name"]]["value"]
            # Money comes as text, so that no reader rounds it.
            number = Decimal(value) if isinstance(value, str) else value
            known = Figure(figure["name"], "", figure["unit"], figure["meaning"], is_count=False)
            return number_text(number, known, site["currency"])

        if not section["dimensions"]:
            if not section["rows"]:
                return
            for figure in section["figures"]:
                self.tiles[site["site"], section["name"], figure["name"]].show_value(text(section["rows"][0], figure))
            return
        none = self._words("none", "(none)")
        table = self.tables[site["site"], section["name"]]
        table.show_rows(
            [
                (
                    " · ".join(none if value is None else str(value) for value in row["dimensions"].values()),
                    *(text(row, figure) for figure in section["figures"]),
                )
                for row in section["rows"]
            ]
        )
        table.setMinimumHeight((min(len(section["rows"]), _MOST_ROWS) + 1) * _ROW_PIXELS)
