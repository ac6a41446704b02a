"""Takes a picture of every screen into docs/screens/: make screens. Two weeks of a generated shop, today's lines live."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from bench.broker import own_home
from bench.query import fill
from shoplog.settings import REPOSITORY, Settings
from tests.dashboard.browser import chromium, serving, watched

FOLDER = REPOSITORY / "docs/screens"
_LINES_A_DAY, _DAYS = 20_000, 14
_WEB = {
    "live": "/", "shop": "/shop?{period}", "traffic": "/traffic?{period}&compare=previous", "bots": "/bots?{period}",
    "anomalies": "/anomalies?{period}", "quality": "/quality/", "login": "/login",
}  # fmt: skip


def main() -> None:
    """Take them all."""
    FOLDER.mkdir(exist_ok=True)
    with own_home(Settings.load()) as own:
        fill(own, Settings.load(), _LINES_A_DAY, _DAYS)
        with serving(own) as server, chromium() as browser:
            period = "from={first}&to={last}".format(**_last_week())
            for name, path in _WEB.items():
                known = {} if name == "login" else {"extra_http_headers": server.headers}
                _take(browser, server.url + path.format(period=period), name, **known)
            shop = server.url + _WEB["shop"].format(period=period)
            _take(browser, shop, "shop-dark", color_scheme="dark", locale="zh-CN", extra_http_headers=server.headers)
            _take(
                browser,
                server.url,
                "live-phone",
                viewport={"width": 390, "height": 844},
                extra_http_headers=server.headers,
            )
            _take_window(server.url, server.headers["Authorization"].split()[1])


def _last_week() -> dict[str, Any]:
    from datetime import UTC, datetime, timedelta

    today = datetime.now(UTC).date()
    return {"first": today - timedelta(days=6), "last": today}


def _take(browser: Any, url: str, name: str, **options: Any) -> None:
    with watched(browser, **{"locale": "en-GB", "viewport": {"width": 1280, "height": 900}, **options}) as seen:
        seen.page.goto(url)
        seen.page.wait_for_timeout(4000)
        seen.page.screenshot(path=FOLDER / f"{name}.png")
        assert not seen.complaints, (name, seen.complaints)


def _take_window(url: str, token: str) -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from dashboard.desktop.client import Client
    from dashboard.desktop.window import Window
    from dashboard.desktop.words import Words

    application = QApplication([sys.argv[0]])
    window = Window(Client(url, token), Words("en"))
    window.resize(1100, 800)
    window.show()
    window.begin()

    def take(name: str, view: Any) -> None:
        window.tabs.setCurrentWidget(view)
        application.processEvents()
        window.export(Path(FOLDER / f"{name}.png"))

    QTimer.singleShot(5000, lambda: take("desktop-live", window.live))
    QTimer.singleShot(6000, lambda: take("desktop-shop", window.shop))
    QTimer.singleShot(7000, window.close)
    QTimer.singleShot(7500, application.quit)
    application.exec()


if __name__ == "__main__":
    main()
