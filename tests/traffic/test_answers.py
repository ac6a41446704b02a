"""The true answers against the generator's own sums, and the loops behind sessions against cases told by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from shoplog.traffic import DEFECTS, TrafficPlan, TruthReport, generate
from shoplog.traffic.answers import Answers
from shoplog.traffic.order_answers import attribution, funnels
from shoplog.traffic.session_answers import _cut
from shoplog.traffic.session_facts import FIELDS

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[TruthReport, Answers]:
    folder = tmp_path_factory.mktemp("answers")
    start, end = TODAY - timedelta(hours=30), TODAY - timedelta(hours=6)
    defects = dict.fromkeys(DEFECTS, 20) | {"truncated": 1}
    plan = TrafficPlan("shop", folder / "logs", start, end, lines=20_000, defects=defects, full_truth=True)
    report = generate(plan)
    return report, {path.stem: pl.read_parquet(path) for path in (folder / "truth").glob("*.parquet")}


def test_answers_add_up_to_the_sums(told: tuple[TruthReport, Answers]) -> None:
    report, answers = told
    traffic = answers["traffic"]
    assert (traffic["requests"].sum(), traffic["bytes_sent"].sum()) == (report.accepted, report.bytes_sent)
    minutes = {int(at.timestamp()) // 60: count for at, count in traffic.select("window_start", "requests").iter_rows()}
    assert minutes == report.by_minute
    statuses = answers["statuses"].group_by("http_status").agg(pl.col("requests").sum())
    assert dict(statuses.iter_rows()) == report.by_status
    assert dict(answers["pages"].group_by("path").agg(pl.col("requests").sum()).iter_rows()) == report.paths
    orders = answers["orders"].unique("order_id")
    assert len(orders) == report.orders > 50
    assert orders["order_value"].sum() * 100 == report.revenue_cents
    assert answers["orders"]["confirmations"].sum() == report.events["purchase"] > report.orders


def test_every_request_of_a_person_is_in_a_session_or_named(told: tuple[TruthReport, Answers]) -> None:
    _, answers = told
    balance = answers["gold_request_balance_1d"]
    shares = ["not_people", "without_visitor", "disguised", "outside_sessions", "in_sessions"]
    assert (balance["requests"] == balance.select(pl.sum_horizontal(shares)).to_series()).all()
    assert balance["in_sessions"].sum() == answers["silver_session"]["requests"].sum()
    assert (balance.select(shares).sum().row(0)[0], len(answers["gold_disguised_1d"]) > 0) == (
        answers["traffic"]["bot_requests"].sum(), True,
    )  # fmt: skip


def cut(*seconds: int, page_class: str = "page") -> list[int]:
    lines = [{"second": second, "page_class": page_class, "event": None} for second in seconds]
    return [len(session) for session in _cut(lines)]


def test_a_session_ends_after_half_an_hour_and_after_a_day() -> None:
    assert cut(0, 1800, 3601) == [2, 1]
    day = range(12 * 3600, 38 * 3600, 1800)
    assert cut(*day) == [48, 4]
    # Begun before 00:30, all day long: cut at midnight. Begun at 00:30: not.
    assert cut(*range(600, 90_000, 600)) == [143, 6]
    assert cut(*range(1800, 90_000, 600)) == [144, 3]
    assert cut(0, 60, page_class="static") == []


def session(path: list[str], **more: Any) -> dict[str, Any]:
    return {
        "site": "shop",
        "event_date": TODAY.date(),
        "event_path": path,
        "visitor": 1,
        "touches": [],
        "orders": 0,
        **more,
    }


def test_funnel_steps_by_each_kind() -> None:
    found = funnels(pl.DataFrame([session(["view_item", "begin_checkout", "add_to_cart", "purchase"])], schema=FIELDS))
    steps = {kind: rows["sessions"].sum() for (kind,), rows in found.group_by("kind")}
    assert steps == {"sequential": 2, "strict": 1, "flexible": 4}


def test_an_order_is_credited_to_touches_before_it() -> None:
    at = [TODAY + timedelta(minutes=n) for n in range(4)]
    origin = {"channel": "Email", "source": "letter", "medium": "email", "campaign": "autumn"}
    touches = [{"touch_time": at[0], **origin}, {"touch_time": at[3], **origin, "channel": "Paid Search"}]
    sold = session([], touches=touches, first_purchase_time=at[2], orders=1, orders_without_value=0,
                   revenue=Decimal("5.00"), session_start=at[0])  # fmt: skip
    found = attribution(pl.DataFrame([sold], schema=FIELDS))
    assert sorted(found.select("model", "channel", "orders", "revenue").rows()) == [
        ("first", "Email", 1, Decimal("5.00")), ("last", "Email", 1, Decimal("5.00")),
    ]  # fmt: skip
