"""The terminal's panels, driven by keys without a terminal."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from rich.text import Text
from textual.widgets import DataTable, Static

from dashboard.terminal.top import PageScreen, TopApp
from shoplog.settings import Settings
from tests.report.warehouse import Warehouse, request

NOW = datetime.now(UTC).replace(second=0, microsecond=0)
HOSTILE = "/[b]bold[/b]\x1b[31mred"


def texts(app: TopApp, table: str) -> list[list[str]]:
    found = app.query_one(f"#{table}", DataTable)
    rows = [found.get_row_at(at) for at in range(found.row_count)]
    return [[cell.plain if isinstance(cell, Text) else str(cell) for cell in row] for row in rows]


async def until(app: TopApp, pilot: Any, done: Any) -> None:
    for _ in range(200):
        await pilot.pause(0.05)
        if done():
            return
    raise AssertionError(texts(app, "pages"))


def test_panels_show_the_live_figures_and_enter_shows_a_page(settings: Settings) -> None:
    shop = Warehouse(settings)
    shop.stream([*(request(event_time=NOW) for _ in range(3)), request(HOSTILE, 404, event_time=NOW)])

    async def use() -> None:
        app = TopApp(settings)
        async with app.run_test(size=(120, 40)) as pilot:
            await until(app, pilot, lambda: len(texts(app, "pages")) == 2)
            assert texts(app, "pages")[0] == ["/", "3"]
            assert texts(app, "pages")[1] == ["/[b]bold[/b]\\u001b[31mred", "1"]
            assert texts(app, "statuses")[1] == ["2xx", "3", "75.0%"]
            shop.stream([request(event_time=NOW)])
            await until(app, pilot, lambda: texts(app, "pages")[0] == ["/", "4"])
            await pilot.press("enter")
            await until(app, pilot, lambda: isinstance(app.screen, PageScreen) and app.screen.query("#page"))
            text = str(app.screen.query_one("#page", Static).render())
            assert "Pages" in text
            assert "4" in text
            await pilot.press("escape")
            assert not isinstance(app.screen, PageScreen)
            await pilot.press("q")

    asyncio.run(use())


def test_enter_shows_a_path_that_the_live_figures_have_cut(settings: Settings) -> None:
    shop, begin = Warehouse(settings), "/" + "long/" * 60
    shop.stream([request(f"{begin}{end}", event_time=NOW) for end in ("a", "a", "b")])
    shop.stream([request(event_time=NOW)])

    async def use() -> None:
        app = TopApp(settings)
        async with app.run_test(size=(120, 40)) as pilot:
            await until(app, pilot, lambda: len(texts(app, "pages")) == 3)
            await pilot.press("enter")
            await until(app, pilot, lambda: isinstance(app.screen, PageScreen) and app.screen.query("#page"))
            rows = [line.split() for line in str(app.screen.query_one("#page", Static).render()).splitlines()]
            # Both that begin so: which of them the row is, nobody can see.
            assert [row[1] for row in rows if row and row[0].startswith("/long/") and row[0].endswith("…")][:2] == [
                "2",
                "1",
            ]
            assert not any(row[0] == "/" for row in rows if row)
            await pilot.press("escape", "q")

    asyncio.run(use())


def test_before_any_line_the_terminal_says_so(settings: Settings) -> None:
    async def use() -> None:
        app = TopApp(settings)
        async with app.run_test() as pilot:
            overview = app.query_one("#overview", Static)
            await until(app, pilot, lambda: "no line has arrived yet" in str(overview.render()))

    asyncio.run(use())
