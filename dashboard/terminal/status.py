"""`shoplog status --watch`: parts and what /metrics tells Prometheus, read again every two seconds, in this terminal."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import ClassVar

from rich.markup import escape
from textual import work
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.widgets import DataTable, Footer, Static

from dashboard.monitoring.collector import registry_of
from dashboard.monitoring.glance import Measured, figure_rows, measured
from dashboard.read_model import LiveReadModel
from shoplog.settings import Settings
from shoplog.stack.daemon import run_file
from shoplog.stack.supervised import PartStatus, status

_EVERY_S = 2.0


class StatusApp(App[None]):
    """Two tables; they are filled from a thread, so that a slow source holds up no key."""

    TITLE = "shoplog status"
    BINDINGS: ClassVar[list[BindingType]] = [("q", "quit", "Quit"), ("ctrl+c", "quit", "Quit")]
    CSS = "#head { padding: 0 1; } DataTable { height: auto; border: round $panel; }"

    def __init__(self, settings: Settings) -> None:
        """Watch the stack of these settings."""
        super().__init__()
        self._settings = settings
        self._collected = registry_of(settings, LiveReadModel(settings))
        self._ended = threading.Event()
        self._before: tuple[float, Measured] | None = None

    def compose(self) -> ComposeResult:
        """Lay the tables out."""
        yield Static(id="head")
        yield DataTable(id="parts", cursor_type="none")
        yield DataTable(id="figures", cursor_type="none")
        yield Footer()

    def on_mount(self) -> None:
        """Name the columns and begin."""
        self.query_one("#parts", DataTable).add_columns("part", "state", "pid", "memory", "since")
        self.query_one("#figures", DataTable).add_columns("what", "now")
        self._watch()

    def on_unmount(self) -> None:
        """Let the thread end."""
        self._ended.set()

    @work(thread=True)
    def _watch(self) -> None:
        while not self._ended.is_set():
            parts, now = status(self._settings), measured(self._collected)
            rows, self._before = figure_rows(now, self._before), (time.monotonic(), now)
            if not self._ended.is_set():
                self.call_from_thread(self._show, parts, now, rows)
            self._ended.wait(_EVERY_S)

    def _show(self, parts: list[PartStatus], now: Measured, rows: list[tuple[str, str]]) -> None:
        file = run_file(self._settings)
        run = file.read_text(encoding="ascii") if file.exists() else "not started"
        head = f"run [b]{escape(run)}[/b]   {escape(str(self._settings.home))}   {datetime.now(UTC):%H:%M:%S} UTC"
        self.query_one("#head", Static).update(head)
        memory = now.get("shoplog_part_memory_bytes", {})
        table = self.query_one("#parts", DataTable)
        table.clear()
        for part in parts:
            state = part.state if part.state == "running" else f"[b red]{part.state}[/]"
            used = f"{memory[part.name] / 2**20:,.0f} MB" if part.name in memory else ""
            table.add_row(part.name, state, str(part.pid or ""), used, (part.since or "")[:19])
        figures = self.query_one("#figures", DataTable)
        figures.clear()
        for row in rows:
            figures.add_row(*map(escape, row))
