"""`shoplog top`: live panels over the same read model as the page; Enter on a page shows what is known of it today."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, ClassVar

from rich.markup import escape
from rich.text import Text
from textual import work
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import DataTable, Footer, Sparkline, Static

from dashboard.read_model import LiveReadModel
from dashboard.read_model.live_tables import PATH_CHARACTERS
from dashboard.read_model.screens import ScreenReadModel
from shoplog.contracts.sections import SECTIONS
from shoplog.errors import UserError
from shoplog.report.as_text import sections_text
from shoplog.report.question import Filter, Question, Span
from shoplog.report.words import dimension_text
from shoplog.settings import Settings

_EVERY_S = 1.0
_STALE_AFTER_S = 30
_MOST_PATHS = 1000
_PATHS = ("pages", "slow_pages", "not_found", "server_errors", "hotlinks")
_OF_A_PAGE = tuple(section for section in SECTIONS if section.name in _PATHS)
_TILES = (
    ("requests_per_s", "requests/s"), ("visitors_5m", "visitors, 5 min"), ("open_sessions", "open sessions"),
)  # fmt: skip


class PageScreen(ModalScreen[None]):
    """What is known of one path today."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,enter,q", "dismiss", "Back")]
    DEFAULT_CSS = """
    PageScreen { align: center middle; }
    PageScreen VerticalScroll { width: 90%; height: 80%; border: round $accent; background: $surface; }
    """

    def __init__(self, text: str) -> None:
        """Show this text as it is."""
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """Lay the text out."""
        with VerticalScroll():
            yield Static(Text(self._text), id="page")


class TopApp(App[None]):
    """Panels that are read again each second."""

    TITLE = "shoplog top"
    BINDINGS: ClassVar[list[BindingType]] = [("q", "quit", "Quit"), ("tab", "focus_next", "Next panel")]
    CSS = """
    #overview { height: auto; padding: 0 1; }
    #rate { height: 5; margin: 0 1; }
    DataTable { width: 1fr; height: 1fr; border: round $panel; }
    DataTable:focus { border: round $accent; }
    """

    def __init__(self, settings: Settings) -> None:
        """Read from the settings' warehouse."""
        super().__init__()
        self._live, self._screens = LiveReadModel(settings), ScreenReadModel(settings)
        self._paths: list[str | None] = []

    def compose(self) -> ComposeResult:
        """Lay the panels out."""
        yield Static(id="overview")
        yield Sparkline([], id="rate")
        with Horizontal():
            yield DataTable(id="statuses", cursor_type="row")
            yield DataTable(id="pages", cursor_type="row")
        yield Footer()

    def on_mount(self) -> None:
        """Name the columns and begin."""
        self.query_one("#statuses", DataTable).add_columns("status", "requests", "share")
        self.query_one("#pages", DataTable).add_columns("page: this hour and the one before", "requests")
        self.query_one("#pages", DataTable).focus()
        self._look()
        self.set_interval(_EVERY_S, self._look)

    @work(thread=True, exclusive=True)
    def _look(self) -> None:
        try:
            live = self._live.snapshot()
        # Whatever stops one look must not end the panels: the next second has another.
        except Exception as error:
            told = f"the figures cannot be read: {escape(str(error).splitlines()[0])}"
            self.call_from_thread(self.query_one("#overview", Static).update, told)
            return
        self.call_from_thread(self._show, live)

    def _show(self, live: dict[str, Any]) -> None:
        self.query_one("#overview", Static).update(_overview(live))
        if not live["has_lines"]:
            return
        self.query_one("#rate", Sparkline).data = live["series"]["requests_per_s"]
        mix = live["status_mix"]
        every = sum(mix.values()) or 1
        _fill(self.query_one("#statuses", DataTable), [(name, f"{n:,}", f"{n / every:.1%}") for name, n in mix.items()])
        self._paths = [path for path, _ in live["top_pages"]]
        # Paths are written by strangers: no markup and no escape sequence of theirs is acted upon.
        rows = [(Text(dimension_text(path)), f"{n:,}") for path, n in live["top_pages"]]
        _fill(self.query_one("#pages", DataTable), rows)

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Show the page of this row."""
        if event.data_table.id == "pages" and event.cursor_row < len(self._paths):
            self._drill(self._paths[event.cursor_row])

    @work(thread=True, exclusive=True, group="drill")
    def _drill(self, path: str | None) -> None:
        today = datetime.now(UTC).date()
        try:
            question = Question(Span(today, today), filters=(Filter("path", self._whole(path, today)),))
            report = self._screens.report(question, (), _OF_A_PAGE)
            text = "\n".join(f"== {site.site} ==\n{sections_text(report, site)}" for site in report.sites)
        except UserError as error:
            text = str(error)
        self.call_from_thread(self.push_screen, PageScreen(f"{dimension_text(path)}, {today}\n\n{text}"))

    def _whole(self, shown: str | None, today: date) -> tuple[str | None, ...]:
        """Return today's paths that the live figures show so, of which they keep the beginning; raises `UserError` for none."""
        if shown is None or len(shown) <= PATH_CHARACTERS:
            return (shown,)
        report = self._screens.report(Question(Span(today, today), limit=_MOST_PATHS), (), _OF_A_PAGE)
        paths = {
            str(row.dimensions[section.dimensions.index("path")])
            for site in report.sites
            for section in site.sections
            for row in section.rows
        }
        whole = sorted(path for path in paths if path.startswith(shown[:PATH_CHARACTERS]))
        if not whole:
            raise UserError(
                f"No path among today's first {_MOST_PATHS:,} begins so: shoplog export gold_pages_1h_now has all."
            )
        return tuple(whole)


def _overview(live: dict[str, Any]) -> str:
    totals = live.get("totals") or {}
    counts = "   ".join(f"{fate} [b]{count:,}[/b]" for fate, count in totals.items())
    if not live["has_lines"]:
        return f"no line has arrived yet   {counts}"
    tiles = "   ".join(f"{name} [b]{live[key]:,}[/b]" for key, name in _TILES)
    stale = "   [b red]no new figures: see shoplog status[/]" if (live["stale_s"] or 0) > _STALE_AFTER_S else ""
    return f"{tiles}\n{counts}\ndata as of {escape(live['data_as_of'])} · {escape(live['status'])}{stale}"


def _fill(table: DataTable[Any], rows: list[tuple[Any, ...]]) -> None:
    place = table.cursor_row
    table.clear()
    for row in rows:
        table.add_row(*row)
    if rows:
        table.move_cursor(row=min(place, len(rows) - 1))
