"""The window as people use it: real widgets without a screen, over the real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from dashboard.access import Access
from dashboard.desktop.client import Client
from dashboard.desktop.window import Window
from dashboard.desktop.words import Words
from shoplog.settings import Settings
from tests.dashboard.browser import ADMIN, Server, serving
from tests.report.warehouse import Warehouse, request

pytestmark = pytest.mark.e2e

HOSTILE = "/<img src=x onerror=alert(1)><b>bold</b>"
NOW = datetime.now(UTC).replace(second=0, microsecond=0)
PATIENCE_MS = 20_000


def lines(count: int = 5, **more: Any) -> list[dict[str, Any]]:
    return [request(event_time=NOW, visitor_id=f"v{n}", **more) for n in range(count)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = Settings(home=tmp_path_factory.mktemp("shop") / "home", host="web1")
    order = {"event_name": "purchase", "order_id": "o1", "value": Decimal("1234.50"), "item_id": "<b>1</b>"}
    Warehouse(settings).stream([*lines(), *lines(3, path=HOSTILE, status=404), *lines(1, path="/done", **order)])
    with serving(settings) as server:
        server.settings = settings  # type: ignore[attr-defined]
        yield server


@pytest.fixture
def window(server: Server, qtbot: QtBot) -> Window:
    made = Window(Client(server.url, server.headers["Authorization"].split()[1]), Words("en"))
    qtbot.addWidget(made)
    made.show()
    made.begin()
    qtbot.waitUntil(lambda: made.live.tiles["accepted"].value != "–", timeout=PATIENCE_MS)
    return made


def test_the_live_view_shows_the_apis_numbers(server: Server, window: Window) -> None:
    live = server.ask("live")
    tiles = {name: tile.value for name, tile in window.live.tiles.items()}
    assert tiles["accepted"] == f"{live['totals']['accepted']:,}"
    assert tiles["visitors_5m"] == str(live["visitors_5m"])
    assert tiles["open_sessions"] == str(live["open_sessions"])
    assert [row[:2] for row in window.live.statuses.texts()] == [
        [name, f"{n:,}"] for name, n in live["status_mix"].items()
    ]
    assert [row for row in window.live.pages.texts()] == [[path, str(n)] for path, n in live["top_pages"]]
    assert (tiles["orders"], tiles["revenue"]) == ("1", "1,234.50 EUR")
    assert tiles["error_ratio_5m"] == f"{live['error_ratio_5m'] * 100:.2f} %"
    assert window.live.products.texts() == [["<b>1</b>", "0", "0"]]
    assert [row[1] for row in window.live.funnel.texts()] == [str(step["visitors"]) for step in live["funnel"]]
    assert window.live.funnel.texts()[3] == ["purchase", "1"]
    assert window.worth.text().startswith("data as of")
    assert window.worth.text().endswith("provisional")


def test_the_shop_view_shows_the_apis_numbers(server: Server, window: Window, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: bool(window.shop.tiles), timeout=PATIENCE_MS)
    today = NOW.date()
    (site,) = server.ask(f"pages/shop?from={today - timedelta(days=6)}&to={today}")["sites"]
    orders = next(section for section in site["sections"] if section["name"] == "orders")
    assert window.shop.tiles["shop", "orders", "orders"].value == str(orders["rows"][0]["values"]["orders"]["value"])
    assert window.shop.tiles["shop", "orders", "revenue"].value == "1,234.50 EUR"
    assert window.shop.tables["shop", "products"].texts()[0][0].startswith("<b>1</b>")


def test_what_came_from_a_log_is_plain_text(window: Window) -> None:
    assert [HOSTILE, "3"] in window.live.pages.texts()
    labels = window.findChildren(QLabel)
    assert labels
    assert {label.textFormat() for label in labels} == {Qt.TextFormat.PlainText}


def test_new_lines_arrive(server: Server, window: Window, qtbot: QtBot) -> None:
    before = int(window.live.tiles["accepted"].value)
    Warehouse(server.settings).stream(lines(2))  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: int(window.live.tiles["accepted"].value) == before + 2, timeout=PATIENCE_MS)


def test_a_stopped_server_is_said_and_its_return_is_seen(server: Server, window: Window, qtbot: QtBot) -> None:
    server.stop()
    try:
        qtbot.waitUntil(lambda: "shoplog does not answer" in window.trouble.text(), timeout=PATIENCE_MS)
        assert not window.live.isEnabled()
        qtbot.wait(2500)
        assert "shoplog does not answer" in window.trouble.text()
    finally:
        server.start()
    qtbot.waitUntil(lambda: "does not answer" not in window.trouble.text(), timeout=PATIENCE_MS)


def test_without_a_login_the_window_is_refused_until_there_is_one(server: Server, qtbot: QtBot) -> None:
    client = Client(server.url, "wrong")
    with qtbot.waitSignal(client.refused, timeout=PATIENCE_MS):
        client.follow()
    Access(server.settings).put(ADMIN, "another long password")  # type: ignore[attr-defined]
    client = Client(server.url)
    said: list[str] = []
    client.log_in("admin", "not the password", said.append)
    qtbot.waitUntil(lambda: len(said) == 1, timeout=PATIENCE_MS)
    client.log_in("admin", "another long password", said.append)
    qtbot.waitUntil(lambda: len(said) == 2, timeout=PATIENCE_MS)
    assert said == ["Name or password is wrong.", ""]
    with qtbot.waitSignal(client.live, timeout=PATIENCE_MS):
        client.follow()
    client.stop()


def test_new_anomalies_are_told_once_and_old_ones_not_at_all(window: Window) -> None:
    def anomaly(minute: int, why: str) -> dict[str, Any]:
        start = (NOW + timedelta(minutes=minute)).isoformat()
        return {"site": "shop", "kind": "series", "pattern": "surge", "window_start": start, "subject": None,
                "severity": "critical", "why": why}  # fmt: skip

    window._known_anomalies = None
    window.show_anomalies([anomaly(0, "old")])
    for _ in range(2):
        window.show_anomalies([anomaly(1, "new on <a href='http://evil.example'>/path</a>"), anomaly(0, "old")])
    assert window.notices == ["new on ‹a href='http://evil.example'>/path‹/a>"]


def test_the_wall_shows_the_live_view_alone_and_lets_one_back(window: Window, qtbot: QtBot) -> None:
    window.tabs.setCurrentWidget(window.shop)
    qtbot.keyClick(window, Qt.Key.Key_F11)
    assert window.tabs.currentWidget() is window.live
    assert window.isFullScreen()
    assert window.menuBar().isHidden()
    qtbot.keyClick(window, Qt.Key.Key_F11)
    assert not window.isFullScreen()
    assert not window.menuBar().isHidden()


def test_what_is_shown_is_taken_along(window: Window, tmp_path: Path) -> None:
    window.export(tmp_path / "window.png")
    assert (tmp_path / "window.png").read_bytes().startswith(b"\x89PNG")
    window.export(tmp_path / "live.json")
    assert json.loads((tmp_path / "live.json").read_text())["totals"]["accepted"] == int(
        window.live.tiles["accepted"].value
    )


def test_eight_hours_of_snapshots_take_no_memory(server: Server, window: Window) -> None:
    live, process = server.ask("live"), psutil.Process()
    today = NOW.date()
    report = server.ask(f"pages/shop?from={today}&to={today}")

    def hours(count: int) -> int:
        """Show as many hours of a snapshot a second and of a report each ten; return the memory in use."""
        for second in range(count * 3600):
            live["requests_per_s"] = live["series"]["requests_per_s"][-1] = second / 100
            live["top_pages"] = [[f"/page/{second % 5000}/{n}", n] for n in range(10)]
            window.show_live(live)
            if second % 10 == 0:
                window.shop.show_report(report)
        return int(process.memory_info().rss)

    warm = hours(1)
    assert hours(7) - warm < 20e6


def test_the_window_speaks_chinese(server: Server, qtbot: QtBot) -> None:
    window = Window(Client(server.url), Words("zh_CN"))
    qtbot.addWidget(window)
    assert [window.tabs.tabText(at) for at in range(2)] == ["实时", "商店"]
