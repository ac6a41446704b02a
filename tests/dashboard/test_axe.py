"""What axe finds wrong with a page, for people who see little or nothing or have no mouse: nothing serious."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from shoplog.contracts.tables import GOLD_ANOMALY_LIVE, GOLD_PARTIAL_LIVE
from shoplog.settings import Settings
from tests.dashboard.browser import Shop, chromium, needs_chromium, serving, watched
from tests.dashboard.quality_tables import RIGHT, parity, right_day, write
from tests.dashboard.test_figure_pages import BOTH, LINES
from tests.report.warehouse import DAY, Warehouse, noon

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.e2e, needs_chromium]

PHONE, DESKTOP = {"width": 375, "height": 800}, {"width": 1280, "height": 900}
# Each pair of width, colours and language once.
LOOKS: dict[str, dict[str, Any]] = {
    "desktop-light-en": {"viewport": DESKTOP, "color_scheme": "light", "locale": "en-GB"},
    "desktop-dark-zh": {"viewport": DESKTOP, "color_scheme": "dark", "locale": "zh-CN"},
    "phone-dark-en": {"viewport": PHONE, "color_scheme": "dark", "locale": "en-GB"},
    "phone-light-zh": {"viewport": PHONE, "color_scheme": "light", "locale": "zh-CN"},
}
# Each page, and what stands on it once it is complete.
PAGES = {
    "login": ("/login", "form"),
    "live": ("/", "#chart canvas"),
    "shop": (f"/shop?{BOTH}&compare=previous", "body:not(.busy) [data-section=annotations]"),
    "traffic": (f"/traffic?{BOTH}&compare=previous&where=country%3DDE", "body:not(.busy) [data-section=annotations]"),
    "bots": (f"/bots?{BOTH}", "body:not(.busy) [data-section=annotations]"),
    "anomalies": (f"/anomalies?{BOTH}", "body:not(.busy) [data-section=annotations]"),
    "wrong question": (f"/traffic?{BOTH}&where=colour%3Dred", "#notice:not([hidden])"),
    "then": (f"/traffic?{BOTH}&as_of=2026-11-19T00:00", "#then:not([hidden]) ~ #notice:not([hidden])"),
    "quality": ("/quality/", "main tbody tr"),
    "quality of a day": (f"/quality/{DAY}", "main .broken"),
    "no data docs": ("/quality/docs/", ".notice"),
}
ANOMALY = {
    "site": "shop", "event_date": DAY, "kind": "series", "metric": "requests", "window_start": noon(), "window_end": noon(minute=5),
    "actual": 0.0, "expected": 9.5, "lower": 4.0, "upper": 15.0, "anomaly_score": 0.9, "why": "nothing came",
}  # fmt: skip


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    settings = Settings(home=tmp_path_factory.mktemp("shop") / "home", host="web1")
    warehouse = Warehouse(settings)
    warehouse.stream(LINES)
    broken = {"missing_bytes": 9, "residue": 1, "broken_ranges": "1-10 missing"}
    right_day(settings, "published_day", ledger_file=broken, certificate={"verdict": "different"})
    write(settings, "quality_result", {**RIGHT["quality_result"], "success": False, "severity": "warning"})
    write(settings, "gold_parity", parity())
    for severity, pattern in (("critical", "outage"), ("warning", "surge"), ("info", "flood")):
        write(settings, GOLD_ANOMALY_LIVE.name, {**ANOMALY, "severity": severity, "pattern": pattern})
    with serving(settings) as server, chromium() as browser:
        yield Shop(warehouse, server, browser)


def found(page: Page) -> list[str]:
    """Everything that axe finds, one a line: how bad, rule, element, what to do; folded parts are opened first."""
    page.evaluate("for (const folded of document.querySelectorAll('details')) folded.open = true")
    violations = Axe().run(page).response["violations"]
    return [
        f"{one['impact']}: {one['id']} at {' '.join(map(str, node['target']))}: {one['help']} ({node['failureSummary']})"
        for one in violations
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_wrong(shop: Shop, name: str, look: str) -> None:
    path, complete = PAGES[name]
    known = {} if name == "login" else {"extra_http_headers": shop.server.headers}
    with watched(shop.browser, **LOOKS[look], **known) as seen:
        seen.page.goto(shop.server.url + path)
        seen.page.locator(complete).first.wait_for()
        assert found(seen.page) == []


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_wrong_with_figures_that_are_old(shop: Shop, look: str) -> None:
    shop.warehouse.commit_at(GOLD_PARTIAL_LIVE.name, datetime.now(UTC) - timedelta(hours=1))
    with watched(shop.browser, **LOOKS[look], extra_http_headers=shop.server.headers) as seen:
        seen.page.goto(shop.server.url)
        seen.page.locator("body.old #chart canvas").wait_for()
        assert found(seen.page) == []


def test_axe_finds_what_is_wrong(shop: Shop) -> None:
    with watched(shop.browser, extra_http_headers=shop.server.headers) as seen:
        seen.page.goto(shop.server.url)
        seen.page.locator("#chart canvas").wait_for()
        seen.page.evaluate("document.querySelector('main').append(document.createElement('button'))")
        (violation,) = found(seen.page)
        assert violation.startswith("critical: button-name at ")
