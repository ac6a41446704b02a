"""Figures as they were known at a moment, in the pages: what the command prints, and said to be old."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner

from shoplog.cli import app
from shoplog.settings import Settings
from tests.dashboard.browser import Shop, Watched, chromium, needs_chromium, serving, watched
from tests.report.warehouse import DAY, Warehouse, days_after, noon, request

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.e2e, needs_chromium]

NIGHT = datetime(2026, 11, 21, 2, tzinfo=UTC)
NEXT = NIGHT + timedelta(days=1)
# As a browser writes it: seconds only where there are some.
THEN, EVE = "2026-11-21T02:00", days_after(-1)
ONE_DAY = f"from={DAY}&to={DAY}"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Published and kept with 5 requests of DAY, a night later with 6; EVE is live alone."""
    settings = Settings(home=tmp_path_factory.mktemp("shop") / "home", host="web1")
    made = Warehouse(settings)
    lines = [request("/a", country="DE"), request("/b", country="FR"), *([request("/c", 404)] * 3)]
    made.stream([*lines, *([request(event_time=noon(EVE))] * 2)], at=noon())
    for at, more in ((NIGHT, []), (NEXT, [request("/new", country="AT")])):
        made.recompute([*lines, *more])
        made.publish(at, live_requests=5)
        made.keep()
    with serving(settings) as server, chromium() as browser:
        yield Shop(made, server, browser)


@pytest.fixture
def seen(shop: Shop) -> Iterator[Watched]:
    with watched(shop.browser, locale="en-GB", extra_http_headers=shop.server.headers) as seen:
        yield seen
        assert (seen.dialogs, seen.complaints, seen.hosts) == ([], [], {"127.0.0.1"})


def visit(shop: Shop, seen: Watched, page: str, query: str) -> Page:
    seen.page.goto(f"{shop.server.url}/{page}?{query}")
    settle(seen.page)
    return seen.page


def settle(page: Page) -> None:
    page.wait_for_selector("body:not(.busy) main > section", timeout=60_000)


def requests(page: Page) -> str:
    return page.locator('[data-section=traffic] dd[data-figure="requests"]').inner_text()


def of_command(shop: Shop, monkeypatch: pytest.MonkeyPatch, *more: str) -> dict[str, Any]:
    """The sections of `shoplog report --as-of`, by name."""
    monkeypatch.setenv("SHOPLOG_HOME", str(shop.warehouse.settings.home))
    done = CliRunner().invoke(app, ["report", "--date", str(DAY), "--as-of", THEN, "--json", *more])
    assert done.exit_code == 0, done.output
    return {section["name"]: section for section in json.loads(done.stdout)["sites"][0]["sections"]}


def test_a_page_shows_what_the_command_says_of_that_moment(
    shop: Shop, seen: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = visit(shop, seen, "traffic", ONE_DAY)
    assert (requests(page), page.locator("#then").is_visible()) == ("6", False)
    page = visit(shop, seen, "traffic", f"{ONE_DAY}&as_of={THEN}")
    told = of_command(shop, monkeypatch)
    shown = {
        section["name"]: section
        for section in shop.server.ask(f"pages/traffic?{ONE_DAY}&as_of={THEN}")["sites"][0]["sections"]
    }
    assert shown == {name: told[name] for name in shown}
    assert len(shown) > 5
    for name in shown:
        heading = page.locator(f"[data-section={name}]")
        assert heading.count() == 1, name
    assert requests(page) == "5" == str(told["traffic"]["rows"][0]["values"]["requests"]["value"])
    assert "/new" not in page.locator("[data-section=pages]").inner_text()
    worth = page.locator("#worth").inner_text()
    assert "shop: read of the snapshot of 2026-11-21 02:00:00 UTC." in worth
    page.locator("[data-section=hours_of_week]", has_text="not kept in the snapshot").wait_for()
    # A snapshot has no series: it is not dropped without a word.
    assert page.locator("[data-section=traffic_days]").count() == 0
    assert "traffic_days (shop): not kept in the snapshot" in page.locator("#left-out").inner_text()


def test_a_filtered_question_is_read_of_the_pinned_versions_series_and_all(
    shop: Shop, seen: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = visit(shop, seen, "traffic", f"from={EVE}&to={DAY}&as_of={THEN}")
    assert requests(page) == "7"
    assert "shop: read of the tables as they stood then." in page.locator("#worth").inner_text()
    assert page.locator("[data-section=traffic_days] canvas").count() == 1
    page.locator("[data-section=hours_of_week] td", has_text="2").first.wait_for()
    page = visit(shop, seen, "traffic", f"{ONE_DAY}&as_of={THEN}&where=country%3DFR")
    told = of_command(shop, monkeypatch, "--where", "country=FR")
    assert page.locator("[data-section=countries] tbody td").first.inner_text() == "1"
    assert told["countries"]["rows"][0]["values"]["page_views"]["value"] == 1
    assert "figures not kept by country" in page.locator("#left-out").inner_text()


def test_the_moment_stands_in_the_address_holds_across_pages_and_goes_by_one_click(shop: Shop, seen: Watched) -> None:
    page = visit(shop, seen, "traffic", ONE_DAY)
    page.locator("input[name=as_of]").fill(THEN)
    page.locator("#then", has_text="As known at 2026-11-21 02:00:00 UTC: not the newest figures.").wait_for()
    settle(page)
    assert parse_qs(urlsplit(page.url).query)["as_of"] == [THEN]
    page.locator("nav a", has_text="Bots").click()
    page.wait_for_url("**/bots?*")
    settle(page)
    assert page.locator("input[name=as_of]").input_value() == THEN
    assert page.locator("#then").is_visible()
    page.locator("nav a", has_text="Anomalies").click()
    page.locator("#then", has_text="Anomalies are not kept as they were known").wait_for()
    page.locator("nav a", has_text="Shop").click()
    page.locator("[data-section=cohorts]", has_text="not kept as it was known at a moment").wait_for()
    page.locator("nav a", has_text="Traffic").click()
    page.wait_for_url("**/traffic?*")
    settle(page)
    assert requests(page) == "5"
    page.locator("#then button").click()
    page.locator('[data-section=traffic] dd[data-figure="requests"]', has_text="6").wait_for()
    assert "as_of" not in page.url
    assert not page.locator("#then").is_visible()


def test_a_moment_with_an_offset_is_shown_in_utc(shop: Shop, seen: Watched) -> None:
    page = visit(shop, seen, "traffic", f"{ONE_DAY}&as_of=2026-11-21T04:00%2B02:00")
    assert page.locator("#then span").inner_text() == "As known at 2026-11-21 02:00:00 UTC: not the newest figures."
    assert (page.locator("input[name=as_of]").input_value(), requests(page)) == (THEN, "5")


def test_a_page_of_then_does_not_follow_what_comes_in(shop: Shop, seen: Watched) -> None:
    period = f"from={DAY}&to={datetime.now(UTC):%Y-%m-%d}"
    page = visit(shop, seen, "traffic", f"{period}&as_of={THEN}")
    asked = [url for url in seen.urls if "/api/v1/pages/" in url]
    with page.expect_response("**/api/v1/live/events"):
        page.reload()
    settle(page)
    shop.warehouse.stream([request("/later", event_time=datetime.now(UTC))])
    # The server has told of the new lines when another page has them.
    with watched(shop.browser, extra_http_headers=shop.server.headers) as other:
        visit(shop, other, "traffic", period)
        other.page.locator("[data-section=pages]", has_text="/later").wait_for(timeout=30_000)
    page.wait_for_timeout(7000)
    assert len([url for url in seen.urls if "/api/v1/pages/" in url]) == len(asked) + 1
    assert page.locator("#stale").is_hidden()


@pytest.mark.parametrize("moment", ["2099-01-01T00:00:00", "2026-11-20T11:00:00", "yesterday"])
def test_a_moment_that_has_no_answer_is_said_in_the_apis_sentence(shop: Shop, seen: Watched, moment: str) -> None:
    query = f"{ONE_DAY}&as_of={moment}"
    with pytest.raises(urllib.error.HTTPError) as refused:
        shop.server.ask(f"pages/traffic?{query}")
    sentence = json.load(refused.value)["detail"]
    seen.page.goto(f"{shop.server.url}/traffic?{query}")
    seen.page.locator("#notice", has_text=sentence).wait_for()
    assert len(sentence) > 20
    seen.page.locator("#then button").click()
    settle(seen.page)
    assert requests(seen.page) == "6"
    assert all("400" in said or "404" in said for said in seen.complaints)
    seen.complaints.clear()


def test_the_quality_page_leads_to_what_was_published(shop: Shop, seen: Watched) -> None:
    seen.page.goto(f"{shop.server.url}/quality/{DAY}")
    seen.page.locator("main a", has_text="Traffic").click()
    settle(seen.page)
    assert parse_qs(urlsplit(seen.page.url).query)["as_of"] == ["2026-11-22T02:00:00"]
    assert "read of the snapshot of 2026-11-22 02:00:00 UTC" in seen.page.locator("#worth").inner_text()
    assert requests(seen.page) == "6"


def test_it_is_said_in_chinese(shop: Shop, seen: Watched) -> None:
    page = visit(shop, seen, "traffic", f"{ONE_DAY}&as_of={THEN}")
    page.locator("#language").click()
    page.locator("#then", has_text="以 2026-11-21 02:00:00 UTC 当时所知显示：不是最新数字。").wait_for()
    assert page.locator("#then button").inner_text() == "显示最新"
    assert page.locator("#asked").get_attribute("aria-label") == "时段与筛选"
