"""The true answer of every family of figures, counted from what the generator knows: `contracts/` says which figures there are."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl

from shoplog.traffic.counting import (
    BOT_REQUESTS,
    BYTES_SENT,
    PAGE_VIEWS,
    REQUESTS,
    VISITORS,
    counted,
    histogram,
    status,
    times,
)  # fmt: skip
from shoplog.traffic.known import PAGE_VIEW, PERSON, known_lines
from shoplog.traffic.order_answers import attribution, funnels
from shoplog.traffic.plan import TrafficPlan
from shoplog.traffic.session_answers import disguised, sessions
from shoplog.traffic.session_figures import request_balance, sessions_per_hour, visitors_per_day

Answers = dict[str, pl.DataFrame]


def answers(plan: TrafficPlan, now: datetime | None = None) -> Answers:
    """Return the answers of a plan written with `full_truth`: a frame for each family by name, for others by table.

    A family's frame has site, window_start, the family's dimensions and its figures; `visitors` are exact. `now` is when
    the lines come in: salts live for 48 hours after their day, so lines of days before have no visitor.
    """
    ids_from: date = ((now or datetime.now(UTC)) - timedelta(days=2)).date()
    rows = known_lines(plan, ids_from)
    people = rows.filter(PERSON)
    of_sessions = sessions(rows)
    return {
        "traffic": counted(
            rows, "1m", (), REQUESTS, BYTES_SENT, *(status(n) for n in range(1, 6)),
            times(pl.col("status") < 500, "good_responses"), histogram(), PAGE_VIEWS, BOT_REQUESTS,
            times(pl.col("traffic_type") == "AI Agent", "ai_requests"),
            times(pl.col("visitor").is_null(), "without_visitor"), VISITORS,
        ),
        "statuses": counted(rows, "1m", (pl.col("status").alias("http_status"),), REQUESTS),
        "pages": counted(
            rows, "1h", ("path",), REQUESTS, BYTES_SENT, status(4), status(5), histogram(), PAGE_VIEWS
        ),
        "sources": counted(
            rows.filter(PAGE_VIEW & pl.col("channel").is_not_null()), "1h",
            ("channel", "source", "medium", "campaign", "search_engine"), REQUESTS.alias("landings"), VISITORS,
        ),
        "errors": counted(
            rows.filter(pl.col("status") >= 400), "1h", (pl.col("status").alias("http_status"), "path", "referrer"),
            REQUESTS, BOT_REQUESTS,
        ),
        "bots": counted(
            rows, "1h", ("traffic_type", "bot_category", "bot_name"), REQUESTS, BYTES_SENT, status(4), status(5)
        ),
        "devices": counted(people, "1h", ("device", "os", "browser"), REQUESTS, PAGE_VIEWS, VISITORS),
        # All addresses are from ranges for documentation and tests, which are no country's.
        "countries": counted(
            people, "1h", (pl.lit(None, pl.String).alias("country"),), REQUESTS, BYTES_SENT, PAGE_VIEWS, VISITORS
        ),
        "events": counted(
            people.filter(pl.col("event").is_not_null()), "1h", (pl.col("event").alias("event_name"),),
            REQUESTS.alias("events"), VISITORS,
        ),
        "products": counted(
            people.filter(pl.col("item_id").is_not_null()), "1h", ("item_id", "item_category"),
            *(times(pl.col("event") == event, name) for name, event in (
                ("item_views", "view_item"), ("cart_adds", "add_to_cart"), ("cart_removes", "remove_from_cart"),
                ("item_purchases", "purchase"))),
        ),
        "orders": _orders(rows),
        "searches": counted(
            people.filter(pl.col("event") == "search"), "1h", ("search_term",), REQUESTS.alias("searches")
        ),
        # Of whom each row is, only the salts know.
        "visitor_minutes": _visitor_minutes(rows.filter(pl.col("visitor").is_not_null())),
        "silver_session": of_sessions,
        "gold_sessions_1h": sessions_per_hour(of_sessions),
        "gold_funnel_1d": funnels(of_sessions),
        "gold_attribution_1d": attribution(of_sessions),
        "gold_request_balance_1d": request_balance(rows, of_sessions),
        "gold_visitors_1d": visitors_per_day(rows),
        "gold_disguised_1d": disguised(rows).rename({"day": "event_date"}),
    }  # fmt: skip


def _visitor_minutes(rows: pl.DataFrame) -> pl.DataFrame:
    attack = pl.col("is_attack") | (pl.col("is_weak_spot") & (pl.col("status") >= 400))
    return counted(
        rows, "1m", ("visitor",), REQUESTS, status(4), status(5), PAGE_VIEWS.alias("visitor_pages"),
        times(PERSON & pl.col("event").is_not_null(), "visitor_events"),
        # Nobody logs in.
        pl.lit(0, pl.Int64).alias("login_attempts"), times(attack, "attack_requests"),
    )  # fmt: skip


def _orders(rows: pl.DataFrame) -> pl.DataFrame:
    orders = counted(
        rows.filter(pl.col("event") == "purchase"), "1d", ("order_id",), REQUESTS.alias("confirmations"),
        pl.col("cents").max(),
    )  # fmt: skip
    values = [Decimal(cents) / 100 if cents else None for cents in orders["cents"]]
    return orders.with_columns(order_value=pl.Series(values, dtype=pl.Decimal(18, 2))).drop("cents")


def write_answers(made: Answers, folder: Path) -> None:
    """Write each answer as a Parquet file of its name."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in made.items():
        frame.write_parquet(folder / f"{name}.parquet")
