"""How much a page takes over the wire, as the browser counts it: headers and bodies as they are sent."""

from __future__ import annotations

import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.dashboard.browser import Shop, needs_chromium, watched
from tests.dashboard.test_axe import PAGES, shop
from tests.report.warehouse import DAY, days_after

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.e2e, needs_chromium]
__all__ = ["shop"]

MOST_BYTES = 600_000
# What says that a file is still the same: headers alone.
MOST_BYTES_OF_THE_SAME = 600
# The longest period that a page answers.
LONGEST = f"from={DAY - timedelta(days=399)}&to={DAY}"


@contextmanager
def weighed(page: Page) -> Iterator[Counter[str]]:
    """Yield the bytes of each path, which grow while they come."""
    paths: dict[str, str] = {}
    coming, sizes = Counter[str](), Counter[str]()
    session = page.context.new_cdp_session(page)

    def begin(event: Any) -> None:
        url = urlsplit(event["request"]["url"])
        if url.scheme == "http":
            paths[event["requestId"]] = url.path

    def grow(event: Any) -> None:
        if path := paths.get(event["requestId"]):
            coming[event["requestId"]] += event["encodedDataLength"]
            sizes[path] += event["encodedDataLength"]

    def end(event: Any) -> None:
        if path := paths.get(event["requestId"]):
            sizes[path] += event["encodedDataLength"] - coming[event["requestId"]]

    session.on("Network.requestWillBeSent", begin)
    session.on("Network.dataReceived", grow)
    session.on("Network.loadingFinished", end)
    session.send("Network.enable")
    yield sizes
    session.detach()


def weigh(page: Page, url: str, complete: str) -> Counter[str]:
    with weighed(page) as sizes:
        page.goto(url)
        page.locator(complete).first.wait_for()
        page.wait_for_timeout(500)
        return sizes


@pytest.mark.parametrize("name", PAGES)
def test_a_page_takes_little_and_once_more_next_to_nothing(shop: Shop, name: str) -> None:
    path, complete = PAGES[name]
    known = {} if name == "login" else {"extra_http_headers": shop.server.headers}
    url = shop.server.url + path.replace(f"from={days_after(-1)}&to={DAY}", LONGEST)
    # More words: those of another language than the pages' own.
    with watched(shop.browser, **known, locale="zh-CN") as seen:
        first, again = (weigh(seen.page, url, complete) for _ in range(2))
    assert first.total() <= MOST_BYTES, first.most_common(5)
    kept = {one: size for one, size in again.items() if one.startswith(("/static/", "/chart/"))}
    assert all(size <= MOST_BYTES_OF_THE_SAME for size in kept.values()), kept
    print(f"{name}: {first.total():,} bytes, once more {again.total():,}")


def test_events_are_passed_on_as_they_come_and_all_else_is_compressed(shop: Shop) -> None:
    def answer(path: str) -> Any:
        headers = {**shop.server.headers, "Accept-Encoding": "gzip"}
        return urllib.request.urlopen(urllib.request.Request(shop.server.url + path, headers=headers), timeout=20)

    with answer("/api/v1/live/events") as events:
        assert "Content-Encoding" not in events.headers
        assert any(line.startswith(b"data: {") for line in events)
    for path in ("/static/live.css", "/chart/uPlot.iife.min.js", "/", f"/api/v1/pages/traffic?{LONGEST}", "/quality/"):
        with answer(path) as got:
            assert (got.headers["Content-Encoding"], got.headers["Vary"]) == ("gzip", "Accept-Encoding"), path


def test_what_is_heavy_is_seen(shop: Shop) -> None:
    with watched(shop.browser) as seen:
        seen.page.route("**/login.js", lambda route: route.fulfill(body=" " * 700_000, content_type="text/javascript"))
        assert weigh(seen.page, f"{shop.server.url}/login", "form").total() > MOST_BYTES
