"""Takes a picture of every screen into docs/screens/: make screens. Three days of a generated shop, today's lines live."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from bench.broker import own_home
from bench.history import append_partials, parsed
from bench.log_lines import SITE
from shoplog.contracts.families import LIVE_FAMILIES
from shoplog.contracts.tables import GOLD_PARTIAL_LIVE
from shoplog.io.sinks import create_table
from shoplog.settings import REPOSITORY, Settings
from shoplog.traffic import TrafficPlan, generate
from shoplog.transforms.fold import folded
from shoplog.transforms.measure import measured
from tests.dashboard.browser import chromium, serving, watched

FOLDER = REPOSITORY / "docs/screens"
_LINES_A_DAY, _DAYS = 20_000, 2
_WEB = {
    "live": "/", "shop": "/shop?{period}", "traffic": "/traffic?{period}&compare=previous", "bots": "/bots?{period}",
    "anomalies": "/anomalies?{period}", "quality": "/quality/", "login": "/login",
}  # fmt: skip


def main() -> None:
    """Take them all."""
    FOLDER.mkdir(exist_ok=True)
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    period = f"from={today - timedelta(days=_DAYS):%Y-%m-%d}&to={today:%Y-%m-%d}"
    with own_home(Settings.load()) as own:
        live = _fill(own, today)
        with serving(own) as server, chromium() as browser:
            shop = server.url + _WEB["shop"].format(period=period)
            known = {"extra_http_headers": server.headers}
            for name, path in _WEB.items():
                # As fresh as with a stream that runs.
                append_partials(own, live.head(1), [0], 1)
                _take(browser, server.url + path.format(period=period), name, **({} if name == "login" else known))
            append_partials(own, live.head(1), [0], 1)
            _take(browser, shop, "shop-dark", color_scheme="dark", locale="zh-CN", **known)
            _take(browser, server.url, "live-phone", viewport={"width": 390, "height": 844}, **known)
            append_partials(own, live.head(1), [0], 1)
            _take_window(server.url, server.headers["Authorization"].split()[1])


def _fill(own: Settings, today: datetime) -> pl.DataFrame:
    """Import the days before, whose salts still live, and count today's lines live; return today's partials."""
    folders = [own.home / f"day-{back}/logs" for back in range(_DAYS + 1)]
    for back, folder in enumerate(folders):
        start = today - timedelta(days=back)
        generate(
            TrafficPlan(SITE, folder, start, start + timedelta(days=1), lines=_LINES_A_DAY + 900 * back, seed=back + 1)
        )
    before = [str(path) for folder in folders[1:] for path in folder.glob("*.log")]
    command = [sys.executable, "-m", "shoplog.cli", "import", *before]
    subprocess.run(command, check=True, env=os.environ | {"SHOPLOG_HOME": str(own.home)})
    create_table(own, GOLD_PARTIAL_LIVE.name)
    partials = folded(measured(parsed(own, sorted(folders[0].glob("*.log")), today.date()), LIVE_FAMILIES))
    live = partials.filter(pl.col("window_start") <= datetime.now(UTC))
    append_partials(own, live, [0], 20)
    return live


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
