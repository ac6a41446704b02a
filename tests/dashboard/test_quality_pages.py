"""The quality pages as people use them: the other pages' head, language and colours, and the API's figures."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from dashboard.quality_page import Links, render_day, render_days
from shoplog.settings import REPOSITORY, Settings
from tests.dashboard.browser import Server, Watched, chromium, needs_chromium, serving, skip_by_keyboard, watched
from tests.dashboard.quality_tables import DAY, RIGHT, days_before, parity, right_day, write

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.e2e, needs_chromium]

CHINESE = json.loads((REPOSITORY / "dashboard/web/static/words.zh.json").read_text(encoding="utf-8"))
HOSTILE = "<img src=/ran onerror=alert(1)>{why}$&"
EVE = days_before(1)


@pytest.fixture(scope="module")
def quality(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, Server, Browser]]:
    settings = Settings(home=tmp_path_factory.mktemp("quality") / "home", host="web1")
    document = json.dumps({"sites": [{"why": [HOSTILE]}]})
    right_day(
        settings,
        certificate={"verdict": "different", "unexplained_figures": 3, "late_requests": 1, "document": document},
        ledger_file={"missing_bytes": 9000, "broken_ranges": "1-9001 missing", "in_flight": 2, "file": HOSTILE},
        quality_result={"success": False},
        published_day={"despite": HOSTILE, "bronze_version": 8, "live_requests": 1},
    )
    write(settings, "gold_parity", parity(dimension=HOSTILE))
    for table in (
        "gold_partial_live",
        "certificate",
        "published_day",
        "ledger_file",
        "ledger_window",
        "quality_result",
    ):
        of = "window_date" if table == "gold_partial_live" else "day"
        write(settings, table, {**RIGHT[table], of: EVE})
    with serving(settings) as server, chromium() as browser:
        yield settings, server, browser


@pytest.fixture
def seen(quality: tuple[Settings, Server, Browser]) -> Iterator[Watched]:
    _, server, browser = quality
    with watched(browser, locale="en-GB", extra_http_headers=server.headers) as seen:
        yield seen
        assert (seen.dialogs, seen.complaints, seen.hosts) == ([], [], {"127.0.0.1"})
        assert not [url for url in seen.urls if "ran" in url]


def visit(quality: tuple[Settings, Server, Browser], seen: Watched, path: str) -> Page:
    seen.page.goto(f"{quality[1].url}{path}")
    seen.page.wait_for_selector("#head nav a")
    return seen.page


def speak_chinese(page: Page) -> None:
    page.locator("#language").click()
    page.locator("html[lang=zh-Hans] #head nav a").first.wait_for()


def head_of(page: Page) -> tuple[list[str], list[str]]:
    links, buttons = page.locator("#head nav a"), page.locator("#head .switches button")
    return [link.get_attribute("href") or "" for link in links.all()], buttons.all_inner_texts()


def test_the_pages_have_the_head_of_the_others(quality: Any, seen: Watched) -> None:
    live = head_of(visit(quality, seen, "/"))
    for path, current, title in (
        ("/quality/", "page", "shoplog Quality"),
        (f"/quality/{DAY}", "true", f"shoplog Quality {DAY}"),
    ):
        page = visit(quality, seen, path)
        assert head_of(page) == live
        here = page.locator("nav a[aria-current]")
        assert (here.all_inner_texts(), here.get_attribute("aria-current")) == (["Quality"], current)
        assert (page.title(), page.locator("h1").inner_text()) == (title, title)


def test_the_pages_show_what_the_api_says(quality: Any, seen: Watched) -> None:
    _, server, _ = quality
    asked = urllib.request.Request(f"{server.url}/api/v1/quality/{DAY}", headers=server.headers)
    with urllib.request.urlopen(asked, timeout=30) as answer:
        told = json.load(answer)
    page = visit(quality, seen, f"/quality/{DAY}")
    (site,) = told["sites"]
    assert page.locator(".site li > .light + span").all_inner_texts() == [one["words"] for one in site["reasons"]]
    assert page.locator(".site h2").inner_text() == f"shop {site['light']} final dirty".replace("\n", " ")
    (ledger,) = page.locator('[aria-label="ledger"] tbody tr').all()
    shown = dict(
        zip(
            page.locator('[aria-label="ledger"] thead th').all_inner_texts(),
            ledger.locator("th, td").all_inner_texts(),
            strict=True,
        )
    )
    (file,) = told["files"]
    for name in ("written", "in_flight", "missing_bytes"):
        assert shown[name.replace("_", " ")] == f"{file[name]:,}"
    page = visit(quality, seen, "/quality/")
    assert page.locator("tbody .light").all_inner_texts() == ["red", "green"]


def test_all_that_is_ours_is_said_in_chinese(quality: Any, seen: Watched) -> None:
    page = visit(quality, seen, f"/quality/{DAY}")
    english = page.locator("[data-words]").all_inner_texts()
    speak_chinese(page)
    for part in page.locator("[data-words]").all():
        expected = CHINESE[part.get_attribute("data-words")]
        for name, value in json.loads(part.get_attribute("data-values") or "{}").items():
            expected = expected.replace(f"{{{name}}}", str(value))
        assert part.text_content() == expected
    assert len(set(english) & set(page.locator("[data-words]").all_inner_texts())) <= 1  # Kafka
    assert page.locator("[aria-label=账目]").count() == 1
    assert f"证书结论为不同：{HOSTILE}（1,200 个数字中 3 个未解释）。" in page.locator(".site").inner_text()
    # It holds on the other pages, and theirs holds here.
    assert page.locator("h1").inner_text() == f"shoplog 质量 {DAY}"
    page = visit(quality, seen, "/")
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    page = visit(quality, seen, "/quality/")
    assert page.locator("tbody .light").all_inner_texts() == ["红", "绿"]
    assert CHINESE["all_right"] in page.locator("tbody").inner_text()


def test_every_text_of_the_pages_has_its_translation(quality: Any) -> None:
    settings, links = quality[0], Links("docs/", figures="/")
    made = render_days(settings, links) + render_day(settings, DAY, links) + render_day(settings, EVE, links)
    asked = set(re.findall(r'data-(?:words|label)="(\w+)"', made))
    assert len(asked) > 80
    assert asked <= CHINESE.keys(), asked - CHINESE.keys()


def test_colours_are_those_chosen_on_another_page(quality: Any, seen: Watched) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    page = visit(quality, seen, "/quality/")
    light = page.evaluate(paper)
    page = visit(quality, seen, "/")
    page.locator("#theme").click()
    page.locator("#theme").click()
    dark = page.evaluate(paper)
    page = visit(quality, seen, "/quality/")
    assert (page.evaluate(paper), page.locator("html").get_attribute("data-theme")) == (dark, "dark")
    assert dark != light


def test_the_keyboard_alone_reaches_a_day_and_its_runbook(quality: Any, seen: Watched) -> None:
    page = visit(quality, seen, "/quality/")
    assert skip_by_keyboard(page) == "quality"
    for _ in range(2):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == str(DAY)
    page.keyboard.press("Enter")
    page.locator("h1", has_text=str(DAY)).wait_for()
    page.locator("summary", has_text="Runbook").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("details[open] [lang=en]").count() == 1


@pytest.mark.parametrize("path", ["/quality/", f"/quality/{DAY}"])
def test_the_pages_hold_on_a_phone(quality: Any, path: str) -> None:
    _, server, browser = quality
    with watched(browser, viewport={"width": 375, "height": 700}, extra_http_headers=server.headers) as seen:
        page = visit(quality, seen, path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 375
