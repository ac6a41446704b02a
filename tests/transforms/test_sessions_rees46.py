"""Real shop events (REES46, October 2019), turned into requests: their sessions are known from the file itself."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from jobs.batch.visits import visits_of
from shoplog.contracts.sessions import FUNNEL
from shoplog.transforms.funnels import funnels
from shoplog.transforms.sessions import sessions
from tests.cases.requests import frame, request

EVENTS = Path(__file__).parents[3] / "shared/data/shop-events/rees46-1000.csv"
DAY = date(2019, 10, 1)
EVENT_NAME = {"view": "view_item", "cart": "add_to_cart", "purchase": "purchase"}

pytestmark = [
    pytest.mark.spark,
    pytest.mark.skipif(not EVENTS.is_file(), reason="the real shop events beside the checkout are not here"),
]


@pytest.fixture(scope="module")
def found(spark: Any) -> Any:
    """Sessions with, as two sites, the user and the file's own session as the visitor."""
    with EVENTS.open(newline="") as lines:
        events = list(csv.DictReader(lines))
    assert len(events) == 1000
    rows = [
        request(
            datetime.strptime(event["event_time"], "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC),
            site=key,
            visitor_id=event[key],
            path=f"/item/{event['product_id']}",
            event_name=EVENT_NAME[event["event_type"]],
            item_id=event["product_id"],
            value=Decimal(event["price"]) if event["event_type"] == "purchase" else None,
        )
        for key in ("user_id", "user_session")
        for event in events
    ]
    return sessions(visits_of(frame(spark, rows), DAY), DAY).persist()


def test_sessions_carts_and_purchases(found: Any) -> None:
    counts = found.groupBy("site").agg(
        {"*": "count", "orders": "sum", "revenue": "sum", "events": "sum", "item_views": "sum", "cart_adds": "sum"}
    )
    totals = {row["site"]: row.asDict() for row in counts.collect()}
    assert {site: row["count(1)"] for site, row in totals.items()} == {"user_id": 330, "user_session": 372}
    for row in totals.values():
        assert (row["sum(events)"], row["sum(item_views)"], row["sum(cart_adds)"], row["sum(orders)"]) == (
            1000,
            987,
            3,
            10,
        )
        assert row["sum(revenue)"] == Decimal("2387.84")


def test_purchases_without_a_cart(found: Any) -> None:
    tests = ("orders > 0", "carts_created > 0", "orders > 0 and carts_created > 0", "orders > 0 and item_views > 0",
             "is_cart_abandoned", "carts_transacted > 0")  # fmt: skip
    for site in ("user_id", "user_session"):
        assert [found.where(f"site = '{site}' and {test}").count() for test in tests] == [9, 3, 2, 9, 1, 2]


def test_funnels(found: Any) -> None:
    rows = funnels(found, (FUNNEL[0], FUNNEL[1], FUNNEL[3])).collect()
    reached = {(row["site"], row["kind"], row["step"]): row["sessions"] for row in rows}
    for site, views in (("user_id", 330), ("user_session", 372)):
        assert [reached[site, "sequential", step] for step in (1, 2, 3)] == [views, 3, 2]
        assert [reached[site, "flexible", step] for step in (1, 2, 3)] == [views, 3, 2]
    four = {(row["site"], row["kind"], row["step"]): row["sessions"] for row in funnels(found).collect()}
    # The file has no checkout: the four steps lose every order, which is why sessions carry orders of their own.
    assert [four["user_session", "sequential", step] for step in (1, 2, 3, 4)] == [372, 3, 0, 0]
