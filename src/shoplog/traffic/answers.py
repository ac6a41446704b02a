"""The true answer of every family of figures, counted from what the generator knows: `contracts/` says which figures there are."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl

from shoplog.contracts.metrics import DURATION_BOUNDS_MS
from shoplog.traffic.known import PAGE_VIEW, PERSON, known_lines
from shoplog.traffic.order_answers import attribution, funnels
from shoplog.traffic.plan import TrafficPlan
from shoplog.traffic.session_answers import disguised, sessions
from shoplog.traffic.session_figures import request_balance, sessions_per_hour, visitors_per_day

Answers = dict[str, pl.DataFrame]
_REQUESTS = pl.len().cast(pl.Int64).alias("requests")
_BYTES_SENT = pl.col("bytes_sent").sum()
# Of people only; the live figure is an estimate of this one.
_VISITORS = pl.col("visitor").filter(PERSON).drop_nulls().n_unique().cast(pl.Int64).alias("visitors")


def _times(condition: pl.Expr, name: str) -> pl.Expr:
    return condition.sum().cast(pl.Int64).alias(name)


def _status(hundreds: int) -> pl.Expr:
    return _times(pl.col("status") // 100 == hundreds, f"status_{hundreds}xx")


def _histogram() -> pl.Expr:
    took = pl.col("duration_ms")
    lows, highs = (-1, *DURATION_BOUNDS_MS), (*DURATION_BOUNDS_MS, 2**40)
    counts = [_times((took > low) & (took <= high), f"{low}") for low, high in zip(lows, highs, strict=True)]
    return pl.concat_list(counts).alias("duration_histogram")


_PAGE_VIEWS = _times(PAGE_VIEW, "page_views")
_BOT_REQUESTS = _times(~PERSON, "bot_requests")


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
        "traffic": _counted(
            rows, "1m", (), _REQUESTS, _BYTES_SENT, *(_status(n) for n in range(1, 6)),
            _times(pl.col("status") < 500, "good_responses"), _histogram(), _PAGE_VIEWS, _BOT_REQUESTS,
            _times(pl.col("traffic_type") == "AI Agent", "ai_requests"),
            _times(pl.col("visitor").is_null(), "without_visitor"), _VISITORS,
        ),
        "statuses": _counted(rows, "1m", (pl.col("status").alias("http_status"),), _REQUESTS),
        "pages": _counted(
            rows, "1h", ("path",), _REQUESTS, _BYTES_SENT, _status(4), _status(5), _histogram(), _PAGE_VIEWS
        ),
        "sources": _counted(
            rows.filter(PAGE_VIEW & pl.col("channel").is_not_null()), "1h",
            ("channel", "source", "medium", "campaign", "search_engine"), _REQUESTS.alias("landings"), _VISITORS,
        ),
        "errors": _counted(
            rows.filter(pl.col("status") >= 400), "1h", (pl.col("status").alias("http_status"), "path", "referrer"),
            _REQUESTS, _BOT_REQUESTS,
        ),
        "bots": _counted(
            rows, "1h", ("traffic_type", "bot_category", "bot_name"), _REQUESTS, _BYTES_SENT, _status(4), _status(5)
        ),
        "devices": _counted(people, "1h", ("device", "os", "browser"), _REQUESTS, _PAGE_VIEWS, _VISITORS),
        # All addresses are from ranges for documentation and tests, which are no country's.
        "countries": _counted(
            people, "1h", (pl.lit(None, pl.String).alias("country"),), _REQUESTS, _BYTES_SENT, _PAGE_VIEWS, _VISITORS
        ),
        "events": _counted(
            people.filter(pl.col("event").is_not_null()), "1h", (pl.col("event").alias("event_name"),),
            _REQUESTS.alias("events"), _VISITORS,
        ),
        "products": _counted(
            people.filter(pl.col("item_id").is_not_null()), "1h", ("item_id", "item_category"),
            *(_times(pl.col("event") == event, name) for name, event in (
                ("item_views", "view_item"), ("cart_adds", "add_to_cart"), ("cart_removes", "remove_from_cart"),
                ("item_purchases", "purchase"))),
        ),
        "orders": _orders(rows),
        "searches": _counted(
            people.filter(pl.col("event") == "search"), "1h", ("search_term",), _REQUESTS.alias("searches")
        ),
        "silver_session": of_sessions,
        "gold_sessions_1h": sessions_per_hour(of_sessions),
        "gold_funnel_1d": funnels(of_sessions),
        "gold_attribution_1d": attribution(of_sessions),
        "gold_request_balance_1d": request_balance(rows, of_sessions),
        "gold_visitors_1d": visitors_per_day(rows),
        "gold_disguised_1d": disguised(rows).rename({"day": "event_date"}),
    }  # fmt: skip


def _counted(rows: pl.DataFrame, every: str, by: tuple[str | pl.Expr, ...], *figures: pl.Expr) -> pl.DataFrame:
    return rows.group_by("site", pl.col("time").dt.truncate(every).alias("window_start"), *by).agg(*figures)


def _orders(rows: pl.DataFrame) -> pl.DataFrame:
    orders = _counted(
        rows.filter(pl.col("event") == "purchase"), "1d", ("order_id",), _REQUESTS.alias("confirmations"),
        pl.col("cents").max(),
    )  # fmt: skip
    values = [Decimal(cents) / 100 if cents else None for cents in orders["cents"]]
    return orders.with_columns(order_value=pl.Series(values, dtype=pl.Decimal(18, 2))).drop("cents")


def write_answers(made: Answers, folder: Path) -> None:
    """Write each answer as a Parquet file of its name."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in made.items():
        frame.write_parquet(folder / f"{name}.parquet")
