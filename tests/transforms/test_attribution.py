from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from shoplog.contracts.session_figures import ATTRIBUTION
from shoplog.contracts.sessions import ORIGIN, SESSION
from shoplog.transforms.attribution import attribution

pytestmark = pytest.mark.spark
DAY = date(2026, 11, 20)
TEN = datetime(2026, 11, 20, 10, tzinfo=UTC)
SEARCH = ("Organic Search", "google", "organic", None)
EMAIL = ("Email", "letter", "email", "autumn")
DIRECT = ("Direct", "(direct)", "(none)", None)
_NAMES = ("site", "session_id", "visitor_id", "event_date", "session_start", "touches", "orders", "orders_without_value",
          "revenue", "first_purchase_time")  # fmt: skip


def session(
    visitor: str, at_minute: int, touches: dict[int, Any], orders: int = 0, revenue: str | None = None, **columns: Any
) -> dict[str, Any]:
    """Return a session; `touches` are by the minute after ten, its first order comes five minutes after its start."""
    start = TEN + timedelta(minutes=at_minute)
    return {
        "site": "shop", "session_id": f"{visitor}{at_minute}", "visitor_id": visitor, "event_date": DAY,
        "session_start": start, "touches": [(TEN + timedelta(minutes=at), *origin) for at, origin in touches.items()],
        "orders": orders, "orders_without_value": 0 if revenue else orders, "revenue": revenue and Decimal(revenue),
        "first_purchase_time": start + timedelta(minutes=5) if orders else None, **columns,
    }  # fmt: skip


def credited(spark: Any, *rows: dict[str, Any]) -> dict[str, dict[tuple[Any, ...], tuple[Any, ...]]]:
    """Return model -> origin -> orders, orders without value, revenue."""
    types = {column.name: column.type for column in SESSION}
    schema = ", ".join(f"{name} {types[name]}" for name in _NAMES)
    found = attribution(spark.createDataFrame([tuple(row[name] for name in _NAMES) for row in rows], schema))
    assert found.dtypes == [(column.name, column.type) for column in ATTRIBUTION]
    models: dict[str, dict[tuple[Any, ...], tuple[Any, ...]]] = {"first": {}, "last": {}}
    for row in found.collect():
        origin = tuple(row[name] for name in ORIGIN)
        assert (row["site"], row["event_date"]) == ("shop", DAY)
        models[row["model"]][origin] = (row["orders"], row["orders_without_value"], row["revenue"])
    return models


def test_orders_go_to_the_first_and_to_the_last_touch_of_the_day(spark: Any) -> None:
    assert credited(
        spark,
        session("v", 0, {0: SEARCH}),
        session("v", 60, {60: EMAIL}, orders=2, revenue="30.00"),
        session("v", 180, {}, orders=1, revenue="5.50"),
        session("w", 200, {200: EMAIL}, orders=1),
        session("nobody else's", 0, {0: SEARCH}),
    ) == {
        "first": {SEARCH: (3, 0, Decimal("35.50")), EMAIL: (1, 1, None)},
        "last": {EMAIL: (4, 1, Decimal("35.50"))},
    }


def test_what_comes_after_the_order_gets_nothing(spark: Any) -> None:
    assert credited(
        spark,
        session("v", 0, {0: SEARCH, 6: EMAIL}, orders=1, revenue="1.00"),
        session("v", 60, {60: EMAIL}),
    ) == {model: {SEARCH: (1, 0, Decimal("1.00"))} for model in ("first", "last")}


def test_without_a_touch_an_order_is_direct(spark: Any) -> None:
    rows = [
        session("v", 0, {}, orders=1, revenue="1.00"),
        session("w", 0, {7: EMAIL}, orders=1, revenue="2.00"),
        # Another day, and another site's visitor of the same name.
        session("v", -900, {-900: SEARCH}, event_date=DAY - timedelta(days=1)),
        session("v", -10, {-10: SEARCH}, site="other"),
    ]
    assert credited(spark, *rows) == {model: {DIRECT: (2, 0, Decimal("3.00"))} for model in ("first", "last")}
