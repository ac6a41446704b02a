"""The live page as people see it: the real server and a real browser over real tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from deltalake import write_deltalake

from jobs.batch.publish import publish
from jobs.batch.recompute import recompute
from shoplog.contracts.tables import GOLD_PARTIAL_LIVE
from shoplog.settings import Settings
from tests.dashboard.browser import Server, Watched, chromium, needs_chromium, serving, watched
from tests.dashboard.test_figures import rows as partials
from tests.streaming.records import NOON, YESTERDAY, Batches, line, value

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.e2e, needs_chromium]

# A target with a space is no request line; a browser takes a slash between attributes as well.
HOSTILE = "/<svg/onload=alert(1)><img/src=/ran>"
SPACED = "/<img src=/ran onerror=alert(1)>"
LONG = "/" + "long/" * 400
BODIES = (
    *(line(f"203.0.113.{i % 3}", i, "/item/1") for i in range(30)),
    *(line("203.0.113.9", i, HOSTILE, 404) for i in range(20)),
    *(line("203.0.113.9", i, LONG, 500) for i in range(10)),
    line("203.0.113.9", 59, SPACED, 400),
    b"nonsense",
)


@dataclass
class Shop:
    """Tables with lines of yesterday noon, a server over them and a browser."""

    batches: Batches
    server: Server
    browser: Browser
    sent: int = 0

    def send(self, bodies: tuple[bytes, ...]) -> None:
        """Send lines as the next batch; each has an offset of its own."""
        self.batches.send({0: [value(body, (self.sent + i) * 3000) for i, body in enumerate(bodies)]})
        self.sent += len(bodies)


@pytest.fixture(scope="module")
def shop(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    settings = Settings(home=tmp_path_factory.mktemp("shop") / "home", host="web1")
    batches = Batches(spark, settings)
    with serving(settings) as server, chromium() as browser:
        shop = Shop(batches, server, browser)
        shop.send(BODIES)
        yield shop


@pytest.fixture
def seen(shop: Shop) -> Iterator[Watched]:
    with watched(shop.browser, extra_http_headers=shop.server.headers) as seen:
        seen.page.goto(shop.server.url)
        seen.page.wait_for_selector("#chart canvas")
        yield seen


def text(page: Page, selector: str) -> str:
    return page.locator(selector).inner_text()


def wait(page: Page, selector: str, expected: str, seconds: float = 10) -> None:
    page.locator(selector).filter(has_text=expected).wait_for(timeout=seconds * 1000)


def rows(page: Page, selector: str) -> list[list[str]]:
    return [row.split("\t") for row in page.locator(f"{selector} tr").all_inner_texts()]


PAINTED = """(colour) => {
    const canvas = document.querySelector("#chart canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
    let count = 0;
    for (let i = 0; i < data.length; i += 4) count += data[i] === r && data[i + 1] === g && data[i + 2] === b;
    return count > 500;
}"""


def wait_painted(page: Page, colour: str) -> None:
    """Wait for more than 500 pixels of `#rrggbb` on the chart's canvas."""
    page.wait_for_function(PAINTED, arg=colour, timeout=10_000)


def colour(page: Page, name: str) -> str:
    return page.evaluate(f"getComputedStyle(document.documentElement).getPropertyValue('{name}').trim()")


def test_the_page_shows_what_the_tables_hold(shop: Shop, seen: Watched) -> None:
    page = seen.page
    fates = shop.batches.fates()
    assert fates == {"accepted": 61, "quarantined": 1}
    assert (text(page, "#accepted"), text(page, "#quarantined"), text(page, "#duplicates")) == ("61", "1", "0")
    assert (text(page, "#rate"), text(page, "#visitors")) == ("1.02", "4")
    mix = {status: requests for status, requests, _ in rows(page, "#status-mix")}
    assert mix == {"1xx": "0", "2xx": "30", "3xx": "0", "4xx": "21", "5xx": "10"}
    assert rows(page, "#top-pages")[0] == ["/item/1", "30", "–"]
    assert len(rows(page, "#table-lines")) == 10
    assert rows(page, "#table-lines")[0][0] == "no request line"
    assert text(page, "#as-of") == f"{NOON:%Y-%m-%d} 11:01:00 UTC"
    assert page.locator("#replay").is_visible()
    assert page.locator("#notice").is_hidden()


def test_nothing_is_asked_of_another_host_and_nothing_complains(seen: Watched) -> None:
    assert seen.hosts == {"127.0.0.1"}
    assert seen.complaints == []
    policy = seen.page.request.get(seen.page.url).headers["content-security-policy"]
    assert "unsafe" not in policy


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_chart_is_drawn_in_the_schemes_colours(shop: Shop, scheme: str) -> None:
    with watched(shop.browser, color_scheme=scheme, extra_http_headers=shop.server.headers) as seen:
        seen.page.goto(shop.server.url)
        seen.page.wait_for_selector("#chart canvas")
        # The bar of the one minute, and in front of it the half that failed.
        wait_painted(seen.page, colour(seen.page, "--accent"))
        wait_painted(seen.page, colour(seen.page, "--bad"))
        assert not seen.page.evaluate(PAINTED, "#010203")
        assert "highest 1.02" in str(seen.page.locator("#chart").get_attribute("aria-label"))


def test_the_chart_follows_a_change_of_scheme(seen: Watched) -> None:
    before = colour(seen.page, "--accent")
    seen.page.emulate_media(color_scheme="dark")
    after = colour(seen.page, "--accent")
    assert before != after
    wait_painted(seen.page, after)
    assert not seen.page.evaluate(PAINTED, before)


def test_a_hostile_path_is_text_and_a_long_one_is_cut(seen: Watched) -> None:
    shown = [name for name, *_ in rows(seen.page, "#top-pages")]
    assert shown[1] == HOSTILE
    assert shown[2:] == [LONG[:200] + "…", "no request line"]
    assert seen.page.locator("main img, main svg").count() == 0
    seen.page.wait_for_timeout(300)
    assert seen.dialogs == []
    assert not [url for url in seen.urls if "ran" in url]
    assert seen.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_commit_and_a_published_day_show_without_a_reload(shop: Shop, seen: Watched) -> None:
    page = seen.page
    before = int(text(page, "#accepted"))
    assert text(page, "#day-status") == "provisional"
    shop.send((line("203.0.113.1", 59, "/new"), line("203.0.113.1", 59, "/new")))
    wait(page, "#accepted", str(before + 2))
    recompute(shop.batches.session, shop.batches.settings, [YESTERDAY])
    assert publish(shop.batches.session, shop.batches.settings, [YESTERDAY], despite="a test")["published"] == 1
    wait(page, "#day-status", "final")
    assert text(page, "#day-status") == "final"
    shop.send((line("203.0.113.1", 59, "/late"),))
    wait(page, "#day-status", "final, late lines wait")
    assert [url for url in seen.urls if url.endswith("/events")] == [f"{shop.server.url}/api/v1/live/events"]
    assert seen.complaints == []


def test_an_error_status_is_not_the_end_of_the_stream(shop: Shop) -> None:
    answers = iter([503])
    with watched(shop.browser, extra_http_headers=shop.server.headers) as seen:
        seen.page.route(
            "**/events",
            lambda route: route.fulfill(status=status) if (status := next(answers, None)) else route.continue_(),
        )
        seen.page.goto(shop.server.url)
        seen.page.wait_for_selector("#chart canvas", timeout=15_000)


def test_a_stopped_server_is_seen_and_so_is_its_return(shop: Shop) -> None:
    with serving(shop.batches.settings) as server, watched(shop.browser, extra_http_headers=server.headers) as seen:
        page = seen.page
        page.goto(server.url)
        page.wait_for_selector("#chart canvas")
        assert "No connection" not in page.locator("#stale").text_content()
        server.stop()
        wait(page, "#stale", "No connection to shoplog since", 30)
        assert page.locator("body.old").count() == 1
        server.start()
        page.locator("#stale").filter(has_not_text="No connection").wait_for(state="attached", timeout=30_000)


def test_a_quiet_stream_is_called_stale(seen: Watched) -> None:
    wait(seen.page, "#stale", "No new figures since", 45)
    assert "is the stream running?" in text(seen.page, "#stale")


def test_before_any_line_the_page_says_so(shop: Shop, settings: Settings) -> None:
    with serving(settings) as server, watched(shop.browser, extra_http_headers=server.headers) as seen:
        seen.page.goto(server.url)
        wait(seen.page, "#notice", "No line has arrived yet")
        assert text(seen.page, "#accepted") == "0"
        assert seen.page.locator("#chart").is_hidden()
        ledger = {"family": "ledger", "window_start": NOON, "accepted": 0, "quarantined": 3, "duplicates": 0}
        write_deltalake(str(settings.warehouse / GOLD_PARTIAL_LIVE.name), partials(ledger))
        wait(seen.page, "#notice", "none could be read")
        assert text(seen.page, "#quarantined") == "3"
        seen.page.goto(f"{server.url}/quality/docs/")
        assert "No day has been checked yet" in text(seen.page, "body")
        assert (seen.complaints, seen.hosts) == ([], {"127.0.0.1"})
