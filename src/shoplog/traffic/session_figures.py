"""What the true sessions add up to: figures per hour, and what became of each day's requests."""

from __future__ import annotations

import polars as pl

from shoplog.traffic.known import PERSON
from shoplog.traffic.session_answers import disguised


def sessions_per_hour(found: pl.DataFrame) -> pl.DataFrame:
    """Return the figures of the family `sessions`."""
    summed = (
        "pages", "events", "searches", "carts_created", "carts_emptied", "carts_transacted", "carts_abandoned", "orders",
        "orders_without_value", "requests", "bytes_sent", "duration_s",
    )  # fmt: skip
    conditions = {
        "bounces": pl.col("is_bounce"),
        "engaged_sessions": pl.col("is_engaged"),
        "converted_sessions": pl.col("orders") > 0,
        "cart_sessions": pl.col("carts_created") > 0,
        "cart_abandoned_sessions": pl.col("is_cart_abandoned").fill_null(False),
        "checkout_sessions": pl.col("furthest_checkout_step") > 0,
    }
    known = pl.col("revenue").drop_nulls()
    return found.group_by("site", pl.col("session_start").dt.truncate("1h").alias("window_start")).agg(
        pl.len().cast(pl.Int64).alias("sessions"),
        *(condition.sum().cast(pl.Int64).alias(name) for name, condition in conditions.items()),
        *(pl.col(name).sum() for name in summed),
        pl.when(known.len() > 0).then(known.sum()).alias("revenue"),
    )


def request_balance(rows: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Return `REQUEST_BALANCE`: of each day's requests, how many are not people's, without a visitor, disguised, in sessions."""
    known = PERSON & pl.col("visitor").is_not_null()
    marked = rows.join(
        disguised(rows).select("site", "day", "visitor", hides=True), on=["site", "day", "visitor"], how="left"
    )
    hides = pl.col("hides").fill_null(False)
    days = marked.group_by("site", pl.col("day").alias("event_date")).agg(
        pl.len().cast(pl.Int64).alias("requests"),
        (~PERSON).sum().cast(pl.Int64).alias("not_people"),
        (PERSON & pl.col("visitor").is_null()).sum().cast(pl.Int64).alias("without_visitor"),
        (known & hides).sum().cast(pl.Int64).alias("disguised"),
        (known & ~hides).sum().cast(pl.Int64).alias("outside_sessions"),
    )
    inside = found.explode("days_of_requests").group_by("site", pl.col("days_of_requests").alias("event_date"))
    days = days.join(inside.agg(pl.len().cast(pl.Int64).alias("in_sessions")), on=["site", "event_date"], how="left")
    counted = pl.col("in_sessions").fill_null(0)
    return days.with_columns(in_sessions=counted, outside_sessions=pl.col("outside_sessions") - counted)


def visitors_per_day(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the exact visitors of each site and day, and how many of them are disguised."""
    hidden = disguised(rows).group_by("site", "day").agg(pl.len().cast(pl.Int64).alias("disguised_visitors"))
    people = rows.filter(PERSON).group_by("site", "day")
    exact = people.agg(pl.col("visitor").drop_nulls().n_unique().cast(pl.Int64).alias("exact_visitors"))
    days = exact.join(hidden, on=["site", "day"], how="left").with_columns(pl.col("disguised_visitors").fill_null(0))
    return days.rename({"day": "event_date"})
