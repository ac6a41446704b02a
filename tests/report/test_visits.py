"""Sections of what only the nightly run makes: sessions, funnel, attribution, exact visitors."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from shoplog.contracts.tables import SILVER_REQUEST
from shoplog.report.question import Filter, Question, Span
from shoplog.settings import Settings
from tests.report.test_figures import ask, section, table, values
from tests.report.warehouse import DAY, Warehouse, days_after, noon, request

ASKED = Question(Span(DAY, DAY))
NIGHT = datetime(2026, 11, 21, 2, tzinfo=UTC)
NEXT_NIGHT = NIGHT.replace(day=22)
COUNTS = ("pages", "events", "requests", "bytes_sent", "duration_s", "item_views", "items_viewed", "searches", "cart_adds",
          "cart_removes", "carts_created", "carts_emptied", "carts_transacted", "carts_abandoned", "furthest_checkout_step",
          "orders", "orders_without_value")  # fmt: skip


def session(**more: Any) -> dict[str, Any]:
    """A session of one page view that came from nowhere."""
    usual = {
        "is_bounce": True,
        "is_engaged": False,
        "channel": "Direct",
        "country": "DE",
        "entry_page": "/",
        "exit_page": "/",
    }
    return {**dict.fromkeys(COUNTS, 0), "pages": 1, **usual, **more}


BUYER = session(
    pages=5, duration_s=90, is_bounce=False, is_engaged=True, channel="Email", country="AT", carts_created=1,
    furthest_checkout_step=4, carts_transacted=1, is_cart_abandoned=False, orders=2, orders_without_value=1,
    revenue=Decimal("20.00"), exit_page="/thanks",
)  # fmt: skip
LEAVER = session(pages=3, duration_s=30, is_bounce=False, is_engaged=True, carts_created=1, is_cart_abandoned=True)


def nightly(shop: Warehouse, at: datetime, day: Any = DAY, *sessions: dict[str, Any]) -> None:
    """Recompute and publish a day of these sessions, one request each."""
    shop.recompute([request(event_time=noon(day))] * max(1, len(sessions)), day)
    shop.nightly("silver_session", sessions, day)
    reached = {"sequential": (4, 2, 1, 1), "strict": (4, 2, 1, 0), "flexible": (4, 3, 1, 1)}
    steps = ("view_item", "add_to_cart", "begin_checkout", "purchase")
    shop.nightly(
        "gold_funnel_1d",
        [
            {"kind": kind, "step": n, "event_name": step, "sessions": count}
            for kind, counts in reached.items()
            for n, (step, count) in enumerate(zip(steps, counts, strict=True), 1)
        ],
        day,
    )
    credited = {"orders": 2, "orders_without_value": 1, "revenue": Decimal("20.00")}
    shop.nightly(
        "gold_attribution_1d",
        [
            {"model": "first", "channel": "Organic Search", "source": "bing", **credited},
            {"model": "last", "channel": "Email", "source": "news", "campaign": "autumn", **credited},
        ],
        day,
    )
    shop.nightly("gold_visitors_1d", [{"exact_visitors": 3, "disguised_visitors": 1}], day)
    shop.publish(at, day)


@pytest.fixture
def shop(settings: Settings) -> Warehouse:
    made = Warehouse(settings)
    nightly(made, NIGHT, DAY, session(), BUYER, LEAVER)
    return made


def test_sessions_are_added_up_of_the_sessions_themselves(shop: Warehouse) -> None:
    assert values(ask(shop), "sessions")[()] == {
        "sessions": 3, "bounce_ratio": 0.333333, "engaged_ratio": 0.666667, "pages_per_session": 3, "mean_duration_s": 40,
        "conversion_ratio": 0.333333, "cart_sessions": 2, "cart_abandonment_ratio": 0.5, "checkout_sessions": 1, "orders": 2,
        "orders_without_value": 1, "revenue": Decimal("20.00"), "average_order_value": Decimal("20.00"),
    }  # fmt: skip
    assert values(ask(shop), "session_channels") == {
        ("Direct",): {"sessions": 2, "bounce_ratio": 0.5, "conversion_ratio": 0, "orders": 0, "revenue": None},
        ("Email",): {"sessions": 1, "bounce_ratio": 0, "conversion_ratio": 1, "orders": 2, "revenue": Decimal("20.00")},
    }
    assert [row.dimensions for row in section(ask(shop), "exit_pages").rows] == [("/",), ("/thanks",)]


def test_sessions_are_filtered_by_what_they_have(shop: Warehouse) -> None:
    found = ask(shop, replace(ASKED, filters=(Filter("country", ("AT",)),)))
    assert values(found, "sessions")[()]["sessions"] == 1
    assert {"sessions", "session_channels", "entry_pages", "countries"} <= {s.name for s in found.sites[0].sections}
    assert {"traffic", "funnel", "exact_visitors"} <= {out.section for out in found.left_out}


def test_the_funnel_goes_from_step_to_step(shop: Warehouse) -> None:
    found = ask(shop)
    assert list(values(found, "funnel")) == [
        (1, "view_item"), (2, "add_to_cart"), (3, "begin_checkout"), (4, "purchase"),
    ]  # fmt: skip
    assert [row["of_first_step_ratio"] for row in values(found, "funnel").values()] == [1, 0.5, 0.25, 0.25]
    assert [row["sessions"] for row in values(found, "funnel_strict").values()] == [4, 2, 1, 0]
    assert [row["sessions"] for row in values(found, "funnel_flexible").values()] == [4, 3, 1, 1]


def test_orders_are_credited_by_either_model(shop: Warehouse) -> None:
    found = ask(shop)
    assert list(values(found, "attribution_first")) == [("Organic Search", "bing", None)]
    assert values(found, "attribution_last") == {
        ("Email", "news", "autumn"): {"orders": 2, "revenue": Decimal("20.00"), "orders_without_value": 1}
    }
    assert values(found, "exact_visitors")[()] == {"exact_visitors": 3, "disguised_visitors": 1}


def test_sessions_are_provisional_until_the_next_day_is_published(shop: Warehouse) -> None:
    statuses = {s.name: s.status for s in ask(shop).sites[0].sections}
    assert {name for name, status in statuses.items() if status == "provisional"} == {
        "sessions", "carts", "funnel", "funnel_strict", "funnel_flexible", "session_channels", "session_campaigns",
        "attribution_first", "attribution_last", "entry_pages", "exit_pages",
    }  # fmt: skip
    assert statuses["traffic"] == statuses["exact_visitors"] == "final"
    nightly(shop, NEXT_NIGHT, days_after(1), session())
    assert {s.status for s in ask(shop).sites[0].sections} == {"final"}
    # That night made the sessions anew; what was known before it stays as it was.
    assert section(ask(shop, replace(ASKED, as_of=NIGHT)), "sessions").status == "provisional"


def test_what_the_night_makes_is_left_out_of_a_day_without_one(shop: Warehouse) -> None:
    rows = [request(event_time=noon(days_after(1))), request(site="other")]
    shop.stream(rows)
    found = ask(shop, Question(Span(DAY, days_after(1))))
    by_site = {site.site: {s.name for s in site.sections} for site in found.sites}
    made = {"sessions", "funnel", "attribution_last", "exact_visitors"}
    assert not made & by_site["shop"] and not made & by_site["other"]
    assert [out.because for out in found.left_out if out.section == "sessions"] == [
        "not recomputed and published with it: other 2026-11-20",
        "not recomputed and published with it: shop 2026-11-21",
    ]
    # A site that has its night keeps the sections that another lacks.
    by_site = {site.site: {s.name for s in site.sections} for site in ask(shop).sites}
    assert made <= by_site["shop"] and not made & by_site["other"]


def test_hotlinks_are_files_that_other_sites_embed(settings: Settings) -> None:
    made = Warehouse(settings)
    other = {"referrer": "https://forum.example/", "channel": "Referral", "source": "forum.example"}
    rows = [
        *[request("/logo.png", page_class="static", bytes_sent=500, **other)] * 2,
        request("/gone.png", 404, page_class="static", **other),
        request("/page", **other),
        request("/own.png", page_class="static", referrer="https://shop.example/"),
        request("/typed.png", page_class="static", channel="Direct", source="(direct)"),
    ]
    made.recompute(rows)
    made.nightly("silver_request", [{k: v for k, v in row.items() if k in SILVER_REQUEST.column_names} for row in rows])
    made.publish(NIGHT)
    assert values(ask(made), "hotlinks") == {("forum.example", "/logo.png"): {"requests": 2, "bytes_sent": 1_000}}


def test_sessions_of_a_period_that_has_none_yet_are_unknown(shop: Warehouse) -> None:
    shop.stream([request(event_time=noon(days_after(-1)))])
    found = ask(shop, replace(ASKED, compare=Span(days_after(-1), days_after(-1))))
    assert table(found, "traffic")[()]["requests"].previous == 1
    assert table(found, "sessions")[()]["sessions"].previous is None
