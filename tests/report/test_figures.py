"""Figures of known requests, exact: per site and period, filtered, compared, final and provisional."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from shoplog.commands.report import make_report
from shoplog.errors import UserError
from shoplog.report.model import Report, SectionReport, Value
from shoplog.report.question import Filter, Question, Span
from shoplog.settings import Settings
from tests.report.warehouse import DAY, Warehouse, days_after, noon, request

BEFORE = days_after(-1)
ASKED = Question(Span(DAY, DAY))
NIGHT = datetime(2026, 11, 21, 2, tzinfo=UTC)
BOT = {"traffic_type": "Bot", "bot_category": "search_crawler", "bot_name": "Googlebot", "visitor_id": "bot"}


@pytest.fixture
def shop(settings: Settings) -> Warehouse:
    return Warehouse(settings)


def ask(shop: Warehouse, question: Question = ASKED, *sites: str) -> Report:
    return make_report(shop.settings, question, sites)


def section(report: Report, name: str, site: int = 0) -> SectionReport:
    (found,) = (section for section in report.sites[site].sections if section.name == name)
    return found


def table(report: Report, name: str, site: int = 0) -> dict[Any, dict[str, Value]]:
    """The section's rows by their dimensions, each figure by its name."""
    found = section(report, name, site)
    return {
        row.dimensions: dict(zip((figure.name for figure in found.figures), row.values, strict=True))
        for row in found.rows
    }


def values(report: Report, name: str, site: int = 0) -> dict[Any, dict[str, Any]]:
    return {key: {n: v.value for n, v in row.items()} for key, row in table(report, name, site).items()}


def test_traffic_is_what_the_requests_were(shop: Warehouse) -> None:
    shop.stream(
        [
            request(visitor_id="v1", duration_ms=0.5),
            request(visitor_id="v2", duration_ms=20.0, event_time=noon(minute=1)),
            request("/x.png", page_class="static", bytes_sent=1_000, duration_ms=15.0, event_time=noon(minute=2)),
            request("/gone", 404),
            request("/broken", 500, visitor_id="v3", event_time=noon(minute=3)),
            request(**BOT),
            request("/feed", traffic_type="AI Agent", bot_category="ai_crawler", bot_name="GPTBot"),
            request("/", 304, visitor_id="v2", event_time=noon(minute=59)),
        ]
    )
    (found,) = values(ask(shop), "traffic").values()
    assert found == {
        "requests": 8, "page_views": 3, "visitors": 3, "bytes_sent": 1_700, "availability": 0.875, "error_ratio": 0.25,
        "client_error_ratio": 0.125, "server_error_ratio": 0.125, "bot_requests": 2, "bot_ratio": 0.25, "ai_requests": 1,
        "ai_ratio": 0.125, "without_visitor": 0, "timed_requests": 3,
        # Durations 0.5, 15 and 20 ms: buckets up to 1 ms and 10 to 20 ms.
        "duration_p50_ms": 12.5, "duration_p95_ms": 19.25, "duration_p99_ms": 19.85,
    }  # fmt: skip


def test_visitors_of_a_day_are_counted_once_however_many_minutes_they_stay(shop: Warehouse) -> None:
    shop.stream([request(visitor_id=f"v{n % 40}", event_time=noon(minute=n % 60)) for n in range(400)])
    shop.stream([request(visitor_id=f"v{n}") for n in range(20, 50)])
    assert values(ask(shop), "traffic")[()]["visitors"] == 50
    assert values(ask(shop), "devices")[("desktop",)]["visitors"] == 50


def test_visitors_are_unknown_and_not_0_where_no_salt_was_alive(shop: Warehouse) -> None:
    shop.stream([request(visitor_id=None), request(visitor_id=None, channel="Direct", source="(direct)")])
    found = ask(shop)
    assert values(found, "traffic")[()]["visitors"] is None
    assert values(found, "channels")[("Direct",)] == {"landings": 1, "visitors": None}


def test_each_site_has_its_own_figures_and_status(shop: Warehouse) -> None:
    rows = [request(), request(), request(site="other")]
    shop.stream(rows)
    shop.recompute(rows)
    shop.publish(NIGHT, live_requests=2)
    both = ask(shop)
    assert [(site.site, site.status, site.currency) for site in both.sites] == [
        ("other", "provisional", None),
        ("shop", "final", "EUR"),
    ]
    assert [values(both, "traffic", n)[()]["requests"] for n in (0, 1)] == [1, 2]
    assert [site.site for site in ask(shop, ASKED, "shop").sites] == ["shop"]


def test_a_published_day_shows_what_was_recomputed_and_what_waits(shop: Warehouse) -> None:
    shop.stream([request()] * 3)
    shop.recompute([request()] * 5)
    shop.publish(NIGHT, live_requests=3)
    final = ask(shop).sites[0]
    assert (final.status, final.days[0].requests, final.days[0].published_at) == ("final", 5, NIGHT)
    shop.stream([request()] * 2)
    dirty = ask(shop).sites[0]
    assert (dirty.status, dirty.days[0].requests, dirty.days[0].waiting_requests) == ("final_dirty", 5, 2)
    # A later recompute is nobody's figure before it is published.
    shop.recompute([request()] * 6)
    assert values(ask(shop), "traffic")[()]["requests"] == 5


def test_two_sites_of_one_day_keep_the_versions_that_each_was_published_with(shop: Warehouse) -> None:
    shop.recompute([request(), request(site="other")])
    shop.publish(NIGHT)
    shop.recompute([request()] * 2 + [request(site="other")] * 3)
    shop.publish(NIGHT, site="other")
    assert [values(ask(shop), "traffic", n)[()]["requests"] for n in (0, 1)] == [3, 1]


def test_a_period_adds_up_final_and_provisional_days_and_says_so(shop: Warehouse) -> None:
    early = [request(event_time=noon(BEFORE), order_id="A", event_name="purchase", value=Decimal("10.00"))] * 2
    shop.recompute(early, BEFORE)
    shop.publish(NIGHT, BEFORE, live_requests=2)
    shop.stream([request(order_id="A", event_name="purchase", value=Decimal("10.00")), request()])
    found = ask(shop, Question(Span(BEFORE, DAY)))
    assert [(day.day, day.status, day.requests) for day in found.sites[0].days] == [
        (BEFORE, "final", 2),
        (DAY, "provisional", 2),
    ]
    assert found.sites[0].status == "provisional"
    assert values(found, "traffic")[()]["requests"] == 4
    # The order that was shown again on the second day is one order.
    assert values(found, "orders")[()] == {
        "orders": 1, "revenue": Decimal("10.00"), "average_order_value": Decimal("10.00"), "orders_without_value": 0,
        "confirmations": 3,
    }  # fmt: skip


def test_revenue_is_unknown_and_not_0_where_no_value_is_known(shop: Warehouse) -> None:
    shop.stream([request(event_name="purchase", order_id="A")])
    assert values(ask(shop), "orders")[()] == {
        "orders": 1, "revenue": None, "average_order_value": None, "orders_without_value": 1, "confirmations": 1,
    }  # fmt: skip
    shop.stream(
        [request(event_name="purchase", order_id=o, value=Decimal(v)) for o, v in (("B", "0.10"), ("C", "0.25"))]
    )
    found = values(ask(shop), "orders")[()]
    assert (found["revenue"], found["average_order_value"]) == (Decimal("0.35"), Decimal("0.18"))
    assert (found["orders"], found["orders_without_value"]) == (3, 1)


def test_sections_tell_pages_sources_products_errors_and_bots_apart(shop: Warehouse) -> None:
    bing = {"channel": "Organic Search", "source": "bing", "medium": "organic", "search_engine": "Bing"}
    mail = {"channel": "Email", "source": "news", "medium": "email", "campaign": "autumn"}
    item = {"item_id": "7", "item_category": "shoes"}
    shop.stream(
        [
            *[request("/a", **bing), request("/a", **mail), request("/b", **mail, visitor_id="v2")],
            *[request("/i/7", event_name="view_item", **item)] * 4,
            request("/cart", event_name="add_to_cart", **item),
            *[request("/slow", duration_ms=900.0)] * 10,
            *[request("/rare", duration_ms=9_000.0)] * 9,
            request("/old", 404, referrer="https://blog.example/"),
            request("/search", event_name="search", search_term="red shoes"),
            request(**BOT),
            request("/feed", traffic_type="AI Agent", bot_category="ai_crawler", bot_name="GPTBot"),
        ]
    )
    found = ask(shop)
    assert values(found, "sources")[("news", "email")] == {"landings": 2, "visitors": 2}
    assert list(values(found, "campaigns")) == [("autumn", "news", "email")]
    assert list(values(found, "search_engines")) == [("Bing",)]
    assert values(found, "products")[("7", "shoes")] == {
        "item_views": 4, "cart_adds": 1, "cart_removes": 0, "item_purchases": 0, "view_to_cart_ratio": 0.25,
        "cart_to_order_ratio": 0,
    }  # fmt: skip
    assert list(values(found, "slow_pages")) == [("/slow",)]
    assert values(found, "not_found") == {("/old", "https://blog.example/"): {"requests": 1, "bot_requests": 0}}
    assert list(values(found, "searches")) == [("red shoes",)]
    assert set(values(found, "bots")) == {("Googlebot", "search_crawler"), ("GPTBot", "ai_crawler")}
    assert set(values(found, "ai_crawlers")) == {("GPTBot", "ai_crawler")}
    assert section(found, "server_errors").rows == ()


def test_a_section_shows_its_first_rows_and_says_how_many_there_are(shop: Warehouse) -> None:
    shop.stream([request(f"/{n}") for n in range(5) for _ in range(5 - n)])
    found = section(ask(shop, replace(ASKED, limit=2)), "pages")
    assert [row.dimensions for row in found.rows] == [("/0",), ("/1",)]
    assert found.rows_in_all == 5


@pytest.mark.parametrize(
    ("given", "paths"),
    [
        (Filter("path", ("/a",)), ["/a"]),
        (Filter("path", ("/a", "/b")), ["/a", "/b"]),
        (Filter("path", ("/a",), negated=True), ["/b", None]),
        (Filter("path", (None,)), [None]),
        (Filter("path", (None,), negated=True), ["/a", "/b"]),
        (Filter("path", ("/' or true --",)), []),
    ],
)
def test_a_filter_keeps_the_rows_that_it_names(shop: Warehouse, given: Filter, paths: list[str | None]) -> None:
    shop.stream([*[request("/a")] * 3, *[request("/b")] * 2, request(None)])
    found = ask(shop, replace(ASKED, filters=(given,)))
    assert [row.dimensions[0] for row in section(found, "pages").rows] == paths


def test_a_filter_leaves_out_what_it_cannot_filter_and_says_so(shop: Warehouse) -> None:
    shop.stream([request("/x", 404), request("/x", 500), request()])
    found = ask(shop, replace(ASKED, filters=(Filter("path", ("/x",)), Filter("http_status", ("404",)))))
    assert [section.name for section in found.sites[0].sections] == ["not_found", "server_errors"]
    assert values(found, "not_found")[("/x", None)]["requests"] == 1
    assert section(found, "server_errors").rows == ()
    reasons = {out.section: out.because for out in found.left_out}
    assert reasons["traffic"] == "figures not kept by path and http_status"
    assert reasons["pages"] == "figures not kept by http_status"
    assert reasons["statuses"] == "figures not kept by path"


def test_each_figure_stands_beside_the_period_before(shop: Warehouse) -> None:
    shop.stream([request("/a", event_time=noon(BEFORE))] * 4 + [request("/gone", event_time=noon(BEFORE))])
    shop.stream([request("/a")] * 3 + [request("/new"), request("/new", 500)])
    found = ask(shop, replace(ASKED, compare=Span(BEFORE, BEFORE)))
    traffic = table(found, "traffic")[()]
    assert traffic["requests"] == Value(5, 5, 0, 0.0)
    assert traffic["availability"] == Value(0.8, 1.0, -0.2, -20.0)
    pages = table(found, "pages")
    assert pages[("/a",)]["page_views"] == Value(3, 4, -1, -25.0)
    # Nothing before: the change is known, its percentage is not.
    assert pages[("/new",)]["page_views"] == Value(1, 0, 1, None)
    assert pages[("/new",)]["error_ratio"] == Value(0.5, None, None, None)


def test_what_was_unknown_before_has_no_change(shop: Warehouse) -> None:
    shop.stream([request(event_time=noon(BEFORE), event_name="purchase", order_id="A")])
    shop.stream([request(event_name="purchase", order_id="B", value=Decimal("5.00"))])
    orders = table(ask(shop, replace(ASKED, compare=Span(BEFORE, BEFORE))), "orders")[()]
    assert orders["revenue"] == Value(Decimal("5.00"), None, None, None)
    assert orders["orders"] == Value(1, 1, 0, 0.0)


def test_a_period_without_lines_is_unknown_and_not_0(shop: Warehouse) -> None:
    shop.stream([request()])
    found = ask(shop, replace(ASKED, compare=Span(BEFORE, BEFORE)))
    assert found.sites[0].compared_days == ()
    assert table(found, "traffic")[()]["requests"] == Value(1, None, None, None)


def test_a_site_that_fell_silent_is_shown_with_its_loss(shop: Warehouse) -> None:
    shop.stream([request(event_time=noon(BEFORE), site="other")] * 2)
    shop.stream([request()])
    found = ask(shop, replace(ASKED, compare=Span(BEFORE, BEFORE)))
    assert [(site.site, site.status) for site in found.sites] == [("other", None), ("shop", "provisional")]
    assert table(found, "traffic")[()]["requests"] == Value(0, 2, -2, -100.0)


def test_a_day_published_before_a_figure_was_kept_is_no_part_of_a_sum(shop: Warehouse) -> None:
    shop.recompute([request()])
    shop.publish(NIGHT, table_versions=[("gold_traffic_1m", 0), ("gold_pages_1h", 0)])
    found = ask(shop)
    assert {section.name for section in found.sites[0].sections} == {"traffic", "pages", "slow_pages"}
    assert found.left_out[0].because.endswith("shop 2026-11-20")


def test_without_a_line_there_is_a_sentence(shop: Warehouse) -> None:
    with pytest.raises(UserError, match="nothing was counted yet"):
        ask(shop)
    shop.stream([request()])
    with pytest.raises(UserError, match="days with lines lie between 2026-11-20 and 2026-11-20"):
        ask(shop, Question(Span(days_after(1), days_after(1))))
    with pytest.raises(UserError, match=r"Site 'shpo' is unknown: use one of .*shop"):
        ask(shop, ASKED, "shpo")
