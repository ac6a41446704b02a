"""The window: both views, what the figures are worth, wall mode, notifications of new anomalies, export."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction, QCloseEvent, QIcon, QKeySequence
from PySide6.QtWidgets import QFileDialog, QMainWindow, QSystemTrayIcon, QTabWidget, QVBoxLayout, QWidget

from dashboard.desktop.client import Client
from dashboard.desktop.live_view import LiveView
from dashboard.desktop.parts import plain_label
from dashboard.desktop.shop_view import ShopView
from dashboard.desktop.words import Words
from shoplog.report.words import dimension_text
from shoplog.settings import REPOSITORY

_ICON = REPOSITORY / "dashboard/web/static/icon.svg"
_SHOP_DAYS, _SHOP_EVERY_MS, _ANOMALIES_EVERY_MS, _TICK_MS = 7, 10_000, 30_000, 1000
_STALE_AFTER_S = 30


class Window(QMainWindow):
    """Shows what the client gets."""

    def __init__(self, client: Client, words: Words) -> None:
        """Build both views; `begin` asks for figures."""
        super().__init__()
        self._client, self._words = client, words
        self.setWindowTitle("shoplog")
        self.setWindowIcon(QIcon(str(_ICON)))
        self.live, self.shop = LiveView(words), ShopView(words)
        self.worth, self.trouble = plain_label(""), plain_label("", is_bold=True)
        self.trouble.setStyleSheet("color: #c62f3b")
        self.trouble.hide()
        self.tabs = QTabWidget()
        self.tabs.addTab(self.live, words("page_live", "Live"))
        self.tabs.addTab(self.shop, words("page_shop", "Shop"))
        inside = QWidget()
        layout = QVBoxLayout(inside)
        for widget in (self.worth, self.trouble, self.tabs):
            layout.addWidget(widget, 1 if widget is self.tabs else 0)
        self.setCentralWidget(inside)
        self.tray = QSystemTrayIcon(self.windowIcon(), self)
        self.notices: list[str] = []
        self._snapshot: dict[str, Any] | None = None
        self._heard_at, self._is_lost = time.monotonic(), False
        self._known_anomalies: set[str] | None = None
        self._add_actions()
        client.live.connect(self.show_live)
        client.lost.connect(lambda why: self._lose())
        self._timers = [self._timer(_TICK_MS, self._tick), self._timer(_SHOP_EVERY_MS, self._ask_shop),
                        self._timer(_ANOMALIES_EVERY_MS, self._ask_anomalies)]  # fmt: skip

    def pause(self) -> None:
        """Ask for nothing until `begin`."""
        self._client.stop()
        for timer in self._timers:
            timer.stop()

    def begin(self) -> None:
        """Ask for figures from now on."""
        self.tray.show()
        self._client.follow()
        self._ask_shop()
        self._ask_anomalies()
        for timer in self._timers:
            timer.start()

    def show_live(self, live: dict[str, Any]) -> None:
        """Show a snapshot, and what it is worth."""
        self._snapshot, self._heard_at, self._is_lost = live, time.monotonic(), False
        self.live.show_snapshot(live)
        if live["has_lines"]:
            status = self._words(f"status_{live['status']}", live["status"].replace("_", " "))
            as_of = live["data_as_of"].replace("T", " ").replace("+00:00", " UTC")
            self.worth.setText(f"{self._words('data_as_of', 'data as of')} {as_of} · {status}")
        self._tick()

    def show_anomalies(self, anomalies: list[dict[str, Any]]) -> None:
        """Notify of anomalies that were not there at the last look; what was there at the first is known."""
        found = {
            f"{row['site']} {row['kind']} {row['pattern']} {row['window_start']} {row['subject']}": row
            for row in anomalies
        }
        if self._known_anomalies is not None:
            for key in found.keys() - self._known_anomalies:
                row = found[key]
                # Paths in it are written by strangers, and some desktops read markup.
                why = dimension_text(str(row["why"])).replace("<", "‹").replace("&", "+")
                self.notices.append(why)
                kind = (
                    QSystemTrayIcon.MessageIcon.Critical
                    if row["severity"] == "critical"
                    else QSystemTrayIcon.MessageIcon.Warning
                )
                self.tray.showMessage(f"shoplog: {row['site']} {row['pattern']}", why, kind)
        self._known_anomalies = set(found)

    def export(self, path: Path) -> None:
        """Write what is shown: a picture of the window (.png), or the live figures (.json)."""
        if path.suffix == ".png":
            self.grab().save(str(path))
        else:
            path.write_text(json.dumps(self._snapshot, indent=1), encoding="utf-8")

    def set_wall(self, is_wall: bool) -> None:
        """Fill the screen with the live view alone, or come back."""
        self.tabs.tabBar().setVisible(not is_wall)
        self.menuBar().setVisible(not is_wall)
        if is_wall:
            self.tabs.setCurrentWidget(self.live)
            self.showFullScreen()
        else:
            self.showNormal()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask no more."""
        self.pause()
        self.tray.hide()
        super().closeEvent(event)

    def _lose(self) -> None:
        self._is_lost = True
        self._say(self._words("unreachable", "shoplog does not answer: “shoplog status” shows what runs."))

    def _tick(self) -> None:
        if self._is_lost:
            return
        silent_s = time.monotonic() - self._heard_at
        stale_s = (self._snapshot or {}).get("stale_s")
        if stale_s is not None and stale_s + silent_s > _STALE_AFTER_S:
            since = datetime.fromtimestamp(self._snapshot["visible_at"], UTC) if self._snapshot else datetime.now(UTC)
            sentence = "No new figures since {when}: is the stream running? Try “shoplog status”."
            self._say(self._words("stale", sentence, when=f"{since:%Y-%m-%d %H:%M:%S} UTC"))
        elif self._snapshot is not None:
            self._say("")

    def _say(self, text: str) -> None:
        self.trouble.setText(text)
        self.trouble.setVisible(bool(text))
        self.live.setEnabled(not text)

    def _ask_shop(self) -> None:
        today = datetime.now(UTC).date()
        self._client.get(
            f"/api/v1/pages/shop?from={today - timedelta(days=_SHOP_DAYS - 1)}&to={today}", self.shop.show_report
        )

    def _ask_anomalies(self) -> None:
        today = datetime.now(UTC).date()
        path = f"/api/v1/anomalies?from={today - timedelta(days=1)}&to={today}"
        self._client.get(path, lambda answer: self.show_anomalies(answer["anomalies"]))

    def _add_actions(self) -> None:
        menu = self.menuBar().addMenu("shoplog")
        self.wall = QAction(self._words("wall", "Wall mode"), self, checkable=True, shortcut=QKeySequence("F11"))
        self.wall.toggled.connect(self.set_wall)
        save = QAction(self._words("save", "Save as …"), self, shortcut=QKeySequence(QKeySequence.StandardKey.Save))
        save.triggered.connect(self._choose_file)
        leave = QAction(self._words("quit", "Quit"), self, shortcut=QKeySequence(QKeySequence.StandardKey.Quit))
        leave.triggered.connect(self.close)
        for action in (self.wall, save, leave):
            menu.addAction(action)
            # A hidden menu bar must not take the way back along.
            self.addAction(action)

    def _choose_file(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, filter="PNG (*.png);;JSON (*.json)")
        if name:
            self.export(Path(name))

    def _timer(self, every_ms: int, work: Any) -> QTimer:
        timer = QTimer(self, interval=every_ms, timerType=Qt.TimerType.CoarseTimer)
        timer.timeout.connect(work)
        return timer
