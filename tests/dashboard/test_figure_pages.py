"""The pages of figures as people use them: the real server and a real browser over tables of known requests."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from dashboard.access import Access, User
from shoplog.settings import Settings
from tests.dashboard.browser import (
    ADMIN,
    PASSWORD,
    Shop,
    Watched,
    chromium,
    headers_of,
    needs_chromium,
    serving,
    skip_by_keyboard,
    watched,
)
from tests.report.warehouse import DAY, Warehouse, days_after, noon, request

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.e2e, needs_chromium]

EVE = days_after(-1)
HOSTILE = "/<img src=x onerror=alert(1)><svg/onload=alert(1)>"
LINES = [
    *(request("/item/1", visitor_id=f"v{n}", country="DE", duration_ms=10.0 * n) for n in range(12)),
    *(request("/item/2", visitor_id=f"w{n}", country="FR", browser="Chrome") for n in range(5)),
    *(request(HOSTILE, 404, referrer="javascript:alert(1)") for _ in range(3)),
    *(
        request("/cart", event_name="purchase", order_id=f"o{n}", value=Decimal("12.50"), item_id="<b>1</b>")
        for n in range(2)
    ),
    *(request("/", traffic_type="Bot", bot_category="search_crawler", bot_name="Googlebot<script>") for _ in range(4)),
    *(request("/", event_time=noon(EVE), channel="Email", source='"><script>alert(1)</script>') for _ in range(7)),
]
BOTH = f"from={EVE}&to={DAY}"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    settings = Settings(home=tmp_path_factory.mktemp("shop") / "home", host="web1")
    warehouse = Warehouse(settings)
    warehouse.stream(LINES)
    with serving(settings) as server, chromium() as browser:
        yield Shop(warehouse, server, browser)


@pytest.fixture
def seen(shop: Shop) -> Iterator[Watched]:
    with watched(shop.browser, locale="en-GB") as seen:
        log_in(shop, seen.page)
        yield seen
        assert seen.dialogs == []
        assert seen.complaints == []
        assert seen.hosts <= {"127.0.0.1"}


def log_in(shop: Shop, page: Page) -> None:
    page.goto(f"{shop.server.url}/shop?{BOTH}")
    page.fill("input[name=name]", ADMIN.name)
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    settle(page)
    assert urlsplit(page.url).path == "/shop"


def visit(shop: Shop, seen: Watched, page: str, query: str = BOTH) -> Page:
    seen.page.goto(f"{shop.server.url}/{page}?{query}")
    settle(seen.page)
    return seen.page


def settle(page: Page) -> None:
    page.wait_for_selector("body:not(.busy) main > section")


def figure(page: Page, section: str, name: str) -> str:
    return page.locator(f'[data-section={section}] dd[data-figure="{name}"]').inner_text().split("\n")[0]


def rows(page: Page, section: str) -> dict[str, str]:
    """The section's first figure by its dimensions, as they are read."""
    lines = page.locator(f"[data-section={section}] tbody tr")
    return {
        line.locator("th").inner_text(): line.locator("td").first.inner_text().split("\n")[0] for line in lines.all()
    }


def test_the_live_page_shows_what_people_did_in_these_two_hours(shop: Shop, seen: Watched) -> None:
    page = seen.page
    page.goto(shop.server.url)
    page.locator("#orders").filter(has_text="2").wait_for()
    assert [page.locator(f"#{name}").inner_text() for name in ("revenue", "errors")] == ["25.00 EUR", "11.54%"]
    shown = {
        name: page.locator(f"[data-table={name}] tbody tr").all_inner_texts() for name in ("funnel", "errors", "bots")
    }
    assert shown["funnel"] == [
        "view_item\t0\t–\t0",
        "add_to_cart\t0\t–\t0",
        "begin_checkout\t0\t–\t0",
        "purchase\t1\t–\t2",
    ]
    assert shown["errors"] == [f"404 · {HOSTILE}\t3"]
    assert shown["bots"] == ["Googlebot<script> · search_crawler\t4"]
    assert page.locator("[data-table=countries] tbody tr").all_inner_texts()[1].startswith("FR\t5")
    (slow,) = page.locator("[data-table=slow_pages] tbody tr").all()
    assert slow.locator("td").last.inner_text() == "12"
    page.locator("[data-table=bots] tbody a").click()
    settle(page)
    query = parse_qs(urlsplit(page.url).query)
    assert (urlsplit(page.url).path, query["from"], query["to"]) == ("/bots", [str(DAY)], [str(DAY)])
    assert query["where"] == ["bot_name=Googlebot<script>", "bot_category=search_crawler"]
    assert rows(page, "bots") == {"Googlebot<script> · search_crawler": "4"}


@pytest.mark.parametrize("name", ["shop", "traffic", "bots"])
def test_a_page_shows_what_the_api_says(shop: Shop, seen: Watched, name: str) -> None:
    page = visit(shop, seen, name)
    (site,) = shop.server.ask(f"pages/{name}?{BOTH}")["sites"]
    names = page.locator("main > section").evaluate_all("every => every.map((one) => one.dataset.section)")
    assert names[: len(site["sections"])] == [section["name"] for section in site["sections"]]
    for section in site["sections"]:
        if section["dimensions"] and not section["dimensions"][0].startswith("window_"):
            shown = page.locator(f"[data-section={section['name']}] tbody tr").count()
            assert shown == len(section["rows"]), section["name"]


def test_figures_are_those_of_the_requests(shop: Shop, seen: Watched) -> None:
    page = visit(shop, seen, "traffic")
    assert (figure(page, "traffic", "requests"), figure(page, "traffic", "bot_requests")) == ("33", "4")
    assert rows(page, "countries") == {"DE": "12", "FR": "5"} or rows(page, "countries")["FR"] == "5"
    assert rows(page, "statuses") == {"200": "30", "404": "3"}
    page = visit(shop, seen, "shop")
    assert (figure(page, "orders", "orders"), figure(page, "orders", "revenue")) == ("2", "25.00 EUR")


def test_a_click_on_a_value_shows_only_that_and_the_address_says_so(shop: Shop, seen: Watched) -> None:
    page = visit(shop, seen, "traffic")
    page.locator("[data-section=countries] tbody button", has_text="FR").click()
    page.wait_for_selector("#filters button")
    settle(page)
    assert parse_qs(urlsplit(page.url).query)["where"] == ["country=FR"]
    page.locator("[data-section=countries] tbody tr", has_text="DE").wait_for(state="detached")
    assert rows(page, "countries") == {"FR": "5"}
    assert "figures not kept by country" in page.locator("#left-out").inner_text()
    # It goes along to the other pages, and back to where it was.
    page.locator("nav a", has_text="Shop").click()
    page.wait_for_selector("#filters button")
    assert "country=FR" in page.locator("#filters").inner_text()
    page.go_back()
    page.wait_for_selector("[data-section=countries]")
    page.locator("#filters button").click()
    page.wait_for_selector("#filters button", state="detached")
    page.locator("[data-section=countries] tbody tr", has_text="DE").wait_for()


def test_a_value_of_a_log_is_text_wherever_it_is_shown(shop: Shop, seen: Watched) -> None:
    page = visit(shop, seen, "traffic")
    assert any(path.startswith("/<img src=x onerror=alert(1)>") for path in rows(page, "not_found"))
    assert '"><script>alert(1)</script>' in " ".join(rows(page, "sources"))
    page.locator("[data-section=not_found] tbody button").first.click()
    page.wait_for_selector("#filters button")
    assert HOSTILE in page.locator("#filters").inner_text()
    page = visit(shop, seen, "bots")
    assert any(name.startswith("Googlebot<script>") for name in rows(page, "bots"))
    page = visit(shop, seen, "shop")
    assert any(item.startswith("<b>1</b>") for item in rows(page, "products"))
    page.wait_for_timeout(300)


def test_the_period_is_chosen_and_compared(shop: Shop, seen: Watched) -> None:
    page = visit(shop, seen, "traffic", f"from={DAY}&to={DAY}")
    assert figure(page, "traffic", "requests") == "26"
    page.select_option("select[name=compare]", "previous")
    page.wait_for_selector('[data-section=traffic] dd[data-figure="requests"] small')
    told = page.locator('[data-section=traffic] dd[data-figure="requests"]').inner_text()
    assert told == "26\n+271.4 % · before 7"
    page.fill("input[name=from]", str(EVE))
    page.locator("[data-section=traffic] dd", has_text=re.compile("^33")).first.wait_for()
    assert f"from={EVE}" in page.url


def test_new_lines_arrive_without_a_reload(shop: Shop, seen: Watched) -> None:
    page = visit(shop, seen, "traffic", f"from={EVE}&to={DAY}&where=browser%3DSafari")
    assert rows(page, "browsers") == {}
    page.evaluate("window.stayed = true")
    shop.warehouse.stream([request(browser="Safari", device="tv", country="AT") for _ in range(2)])
    page.wait_for_selector("[data-section=browsers] tbody tr", timeout=20_000)
    assert rows(page, "browsers") == {"Safari": "2"}
    assert page.evaluate("window.stayed")


def test_a_day_without_lines_and_a_wrong_question_are_said(shop: Shop, seen: Watched) -> None:
    seen.page.goto(f"{shop.server.url}/traffic?from=2020-01-01&to=2020-01-02")
    notice = seen.page.locator("#notice")
    notice.wait_for()
    assert "days with lines lie between" in notice.inner_text()
    seen.page.goto(f"{shop.server.url}/traffic?{BOTH}&where=colour%3Dred")
    seen.page.locator("#notice", has_text="Dimension 'colour' is unknown").wait_for()
    # The browser's own words about an answer that is none.
    assert all("404" in said or "400" in said for said in seen.complaints)
    seen.complaints.clear()


def test_language_and_colours_are_kept(shop: Shop, seen: Watched) -> None:
    page = visit(shop, seen, "shop")
    page.locator("#language").click()
    page.locator("h1", has_text="商店").wait_for()
    settle(page)
    assert page.locator("[data-section=orders] h2").inner_text().startswith("订单")
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator("#theme").click()
    page.locator("#theme").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    page = visit(shop, seen, "traffic")
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.locator("h1").inner_text() == "shoplog 流量"


def test_the_keyboard_alone_reaches_figures_and_filters(shop: Shop, seen: Watched) -> None:
    page = visit(shop, seen, "traffic")
    assert skip_by_keyboard(page) == "figures"
    button = page.locator("[data-section=countries] tbody button", has_text="DE")
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#filters button")


def test_what_is_taken_along_is_what_is_shown(shop: Shop, seen: Watched) -> None:
    page = visit(shop, seen, "traffic")
    with page.expect_download() as csv_file:
        page.locator("#csv").click()
    told = list(csv.DictReader(io.StringIO(csv_file.value.path().read_text(encoding="utf-8"))))
    (requests,) = (line["value"] for line in told if line["section"] == "traffic" and line["metric"] == "requests")
    assert int(requests) == int(figure(page, "traffic", "requests"))
    with page.expect_download() as picture:
        page.locator("[data-section=traffic_days] button", has_text="PNG").click()
    assert picture.value.path().read_bytes().startswith(b"\x89PNG")


def test_the_page_holds_on_a_phone_and_at_twice_its_size(shop: Shop) -> None:
    for width in (375, 640):  # 640 is 1280 at 200 %
        size = {"width": width, "height": 700}
        with watched(shop.browser, viewport=size) as seen:
            log_in(shop, seen.page)
            page = visit(shop, seen, "traffic")
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_wrong_password_and_the_logout_are_answered_by_the_login(shop: Shop, seen: Watched) -> None:
    page = visit(shop, seen, "traffic")
    page.locator("#logout").click()
    page.wait_for_url("**/login")
    page.goto(f"{shop.server.url}/bots?{BOTH}")
    assert "/login?next=" in page.url
    page.fill("input[name=name]", "admin")
    page.fill("input[name=password]", "not the password")
    page.locator("form button").click()
    page.locator("#notice", has_text="Name or password is wrong.").wait_for()
    page.fill("input[name=password]", PASSWORD)
    page.locator("form button").click()
    page.wait_for_selector("[data-section=bots]")
    assert f"from={EVE}" in page.url
    seen.complaints[:] = [said for said in seen.complaints if "401" not in said]


def test_the_link_of_the_command_logs_in_once(shop: Shop) -> None:
    link = Access(shop.warehouse.settings).make_secret(ADMIN, "link")
    for is_first in (True, False):
        with watched(shop.browser) as seen:
            seen.page.goto(f"{shop.server.url}/login#{link}")
            if is_first:
                seen.page.wait_for_selector("#chart canvas")
            else:
                seen.page.locator("#notice", has_text="This link was used or is too old.").wait_for()
            assert link not in seen.page.url


@pytest.mark.parametrize(
    "elsewhere",
    ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "/\t/evil.example"],
)
def test_the_login_leads_to_no_other_server(shop: Shop, elsewhere: str) -> None:
    with watched(shop.browser) as seen:
        seen.page.goto(f"{shop.server.url}/login?next={quote(elsewhere)}")
        seen.page.fill("input[name=name]", ADMIN.name)
        seen.page.fill("input[name=password]", PASSWORD)
        seen.page.keyboard.press("Enter")
        seen.page.wait_for_selector("#chart canvas")
        assert seen.hosts == {"127.0.0.1"}


def test_a_day_is_drawn_by_hour_and_its_one_bar_is_read(shop: Shop, seen: Watched) -> None:
    page = visit(shop, seen, "traffic", f"from={DAY}")
    (site,) = shop.server.ask(f"pages/traffic?from={DAY}")["sites"]
    (hours,) = [section for section in site["sections"] if section["name"] == "traffic_hours"]
    assert [row["dimensions"]["window_hour"][:16] for row in hours["rows"]] == [f"{DAY}T12:00"]
    assert rows(page, "traffic_days") == {str(DAY): figure(page, "traffic", "requests")}
    assert page.locator("[data-section=traffic_days] canvas").count() == 0
    week = f"from={days_after(-6)}&to={DAY}"
    assert visit(shop, seen, "traffic", week).locator("[data-section=traffic_days] canvas").count() == 1
    assert page.locator("[data-section=traffic_hours]").count() == 0


def test_hours_of_the_week_stand_below_the_traffic_page(shop: Shop, seen: Watched) -> None:
    page = visit(shop, seen, "traffic")
    table = page.locator("[data-section=hours_of_week] table")
    table.wait_for()
    # The 20th is a Friday; 12:00 UTC is 13:00 in Berlin. Seven page views are of the day before.
    friday = table.locator("tbody tr").nth(4)
    assert friday.locator("th").inner_text() == "Fri"
    shown = int(figure(page, "traffic", "page_views")) - 7
    assert [friday.locator("td").nth(hour).inner_text() for hour in (12, 13)] == ["0", str(shown)]
    assert table.locator("thead th").nth(14).inner_text() == "13"


def test_without_logins_the_shop_page_says_that_nobody_is_known_again(shop: Shop, seen: Watched) -> None:
    page = visit(shop, seen, "shop")
    page.locator("[data-section=cohorts]").filter(has_text="No login is known of these days").wait_for()


COLOURS = """(selector) => {
    const canvas = document.querySelector(selector);
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const found = new Set();
    const hex = (byte) => byte.toString(16).padStart(2, "0");
    for (let i = 0; i < data.length; i += 4) found.add("#" + [0, 1, 2].map((at) => hex(data[i + at])).join(""));
    return [...found];
}"""


def colours(page: Page, selector: str) -> set[str]:
    return set(page.evaluate(COLOURS, selector))


def test_what_is_being_written_is_not_lost_when_lines_come(shop: Shop, seen: Watched) -> None:
    today = datetime.now(UTC)
    shop.warehouse.stream([request(event_time=today)])
    page = visit(shop, seen, "traffic", f"from={today.date()}")
    page.locator("[data-section=annotations] summary").click()
    page.locator("input[name=text]").fill("a long thought")
    page.wait_for_timeout(5500)
    shop.warehouse.stream([request(event_time=today)])
    page.wait_for_timeout(2500)
    assert page.locator("input[name=text]").input_value() == "a long thought"
    page.locator("[data-section=annotations] summary").click()
    shop.warehouse.stream([request(event_time=today)])
    page.locator('[data-section=traffic] dd[data-figure="requests"]').filter(has_text="3").wait_for()


def test_what_is_filtered_says_nothing_of_logins(shop: Shop, seen: Watched) -> None:
    page = visit(shop, seen, "shop", f"{BOTH}&where=country%3DDE")
    page.locator("[data-section=cohorts]").filter(has_text="logins are not kept by what is filtered").wait_for()


def test_what_happened_is_written_marked_and_taken_back(shop: Shop, seen: Watched) -> None:
    page = visit(shop, seen, "traffic")
    notes = page.locator("[data-section=annotations]")
    notes.locator("summary").click()
    notes.locator("input[name=at]").fill(f"{DAY}T08:15")
    notes.locator("select[name=kind]").select_option("campaign")
    notes.locator("input[name=text]").fill("<img src=x onerror=alert(1)> letters sent")
    notes.locator("input[name=text]").press("Enter")
    line = notes.locator("li")
    line.wait_for()
    assert f"{DAY} 08:15:00 UTC campaign: <img src=x onerror=alert(1)> letters sent admin" in line.inner_text()
    marked = page.locator("[data-section=traffic_days] .chart")
    # The second of two days, and what is under the dashed line is a bar of another colour.
    assert marked.get_attribute("data-marked") == "1"
    dashed = colours(page, "[data-section=traffic_days] canvas")
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--warn').trim()") in dashed
    assert page.locator("[data-section=traffic_hours] .chart").get_attribute("data-marked") == ""
    page.goto(f"{shop.server.url}/shop?from={EVE}&to={EVE}")
    page.locator("[data-section=annotations]").filter(has_text="nothing is written of these days").wait_for()
    visit(shop, seen, "traffic")
    line.get_by_role("button").click()
    notes.filter(has_text="nothing is written of these days").wait_for()


def test_a_viewer_reads_what_happened_and_cannot_write(shop: Shop) -> None:
    viewer = headers_of(shop.warehouse.settings, User("vera", "viewer"))
    with watched(shop.browser, extra_http_headers=viewer) as seen:
        visit(shop, seen, "traffic")
        seen.page.locator("[data-section=annotations]").wait_for()
        assert seen.page.locator("[data-section=annotations] form").count() == 0
