"""Tiles, tables and charts. What came from a log is plain text: no widget here reads it as anything else."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
)

_LONGEST_CELL = 200


class Tile(QFrame):
    """A figure with its name above it."""

    def __init__(self, name: str) -> None:
        """Show a dash until there is a figure."""
        super().__init__()
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._value = plain_label("–", points=22, is_bold=True)
        layout = QVBoxLayout(self)
        layout.addWidget(plain_label(name))
        layout.addWidget(self._value)
        self.setAccessibleName(name)

    def show_value(self, text: str) -> None:
        """Show the figure."""
        self._value.setText(text)
        self.setAccessibleDescription(text)

    @property
    def value(self) -> str:
        """The figure as it is shown."""
        return self._value.text()


class Rows(QTableWidget):
    """A table that is read, not written."""

    def __init__(self, columns: Sequence[str]) -> None:
        """Name the columns; the first is the widest."""
        super().__init__(0, len(columns))
        self.setHorizontalHeaderLabels(list(columns))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.verticalHeader().setVisible(False)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)

    def show_rows(self, rows: Sequence[Sequence[str]]) -> None:
        """Show these rows; cells that are there are written anew, so that none is made at each snapshot."""
        self.setRowCount(len(rows))
        for at, row in enumerate(rows):
            for column, text in enumerate(row):
                cell = self.item(at, column)
                if cell is None:
                    cell = QTableWidgetItem()
                    if column:
                        cell.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                    self.setItem(at, column, cell)
                cell.setText(text if len(text) <= _LONGEST_CELL else text[:_LONGEST_CELL] + "…")

    def texts(self) -> list[list[str]]:
        """Return what is shown."""
        return [
            [(self.item(row, column) or QTableWidgetItem()).text() for column in range(self.columnCount())]
            for row in range(self.rowCount())
        ]


class Bars(pg.PlotWidget):  # type: ignore[misc]
    """Bars over time, the failed part of each in front."""

    def __init__(self, name: str) -> None:
        """Draw nothing yet."""
        super().__init__(background=None, axisItems={"bottom": pg.DateAxisItem(utcOffset=0)})
        for side in ("bottom", "left"):
            self.getAxis(side).setPen(self.palette().text().color())
            self.getAxis(side).setTextPen(self.palette().text().color())
        self._all = pg.BarGraphItem(x0=[], width=1, height=[], brush="#2f7de1", pen=None)
        self._failed = pg.BarGraphItem(x0=[], width=1, height=[], brush="#c62f3b", pen=None)
        for item in (self._all, self._failed):
            self.addItem(item)
        self.setMouseEnabled(x=False, y=False)
        self.hideButtons()
        self.setMinimumHeight(220)
        self.setAccessibleName(name)

    def show_series(
        self, times_s: Sequence[float], every: Sequence[float], failed: Sequence[float], width_s: float
    ) -> None:
        """Show bars that begin at these times (epoch s)."""
        self._all.setOpts(x0=list(times_s), width=width_s * 0.8, height=list(every))
        self._failed.setOpts(x0=list(times_s), width=width_s * 0.8, height=list(failed))


def plain_label(text: str, points: int = 0, is_bold: bool = False) -> QLabel:
    """Return a label that shows text as it is."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    font = label.font()
    if points:
        font.setPointSize(points)
    font.setBold(is_bold)
    label.setFont(font)
    return label
