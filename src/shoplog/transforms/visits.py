"""A visitor's requests in order, cut where a session starts and added up, by polars: all rows of a visitor at once.

Spark's windows carry every column of a row through five sorted buffers for this, ten times the time.
"""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from shoplog.contracts import sessions as c

_VISITOR = ("site", "_visitor")
_ORDER = ("event_time", "host", "file", "byte_offset")
_HIT = pl.sql_expr(c.HIT).fill_null(False)
_PAGE_VIEW = pl.sql_expr(c.PAGE_VIEW).fill_null(False)
_EVENT = pl.col("event_name").is_not_null()
_INSIDE = pl.col("_inside")
_DIRECT = pl.col("channel") == c.DIRECT
_COUNTED = {
    "cart_adds": "add_to_cart",
    "cart_removes": "remove_from_cart",
    "searches": "search",
    "item_views": "view_item",
}


def visits(people: pl.DataFrame, day: date, gap_minutes: int = c.GAP_MINUTES) -> pl.DataFrame:
    """Return `VISIT` of people's requests of some visitors, of these all; `event_date` tells the UTC day's from its neighbours'.

    `people` have `_visitor`, and `_again` where an order was shown before. After `gap_minutes` a session ends.
    """
    rows = _numbered(people.sort(*_VISITOR, *_ORDER), timedelta(minutes=gap_minutes)).with_row_index("place")
    today = pl.col("event_date") == day
    event = pl.struct("event_time", "event_name", "item_id", "order_id", "value")
    touch = pl.struct("event_time", pl.col("place").cast(pl.Int64), *c.ORIGIN)
    found = rows.group_by(*_VISITOR, "number", maintain_order=True).agg(
        pl.col("start").first(),
        today.sum().alias("requests_of_day"),
        (today & _INSIDE).sum().alias("inside_of_day"),
        (_INSIDE & (_PAGE_VIEW | _EVENT)).any().alias("is_session"),
        pl.col("event_time").filter("_hit").min().alias("session_start"),
        pl.col("event_time").filter("_hit").max().alias("session_end"),
        (_INSIDE & _PAGE_VIEW).sum().alias("pages"),
        _INSIDE.sum().alias("requests"),
        pl.col("bytes_sent").filter(_INSIDE).sum(),
        pl.col("path").filter(_INSIDE & _PAGE_VIEW).first().alias("entry_page"),
        pl.col("path").filter(_INSIDE & _PAGE_VIEW).last().alias("exit_page"),
        pl.struct("host", "file", "byte_offset", "country", "device", "os", "browser").filter("_hit").first().alias("opening"),
        _EVENT.sum().alias("events"),
        *((pl.col("event_name") == event_name).sum().alias(name) for name, event_name in _COUNTED.items()),
        event.filter(_EVENT & pl.col("_again").is_null()).alias("all_events"),
        touch.filter(pl.col("_hit") & ~_DIRECT).alias("all_touches"),
        touch.filter(pl.col("_hit") & _DIRECT).first().alias("direct"),
        pl.col("event_time").filter(pl.col("event_name").is_in(c.CHECKOUT_STEPS)).min().alias("checkout_time"),
    )  # fmt: skip
    return found.rename({"_visitor": "visitor_id"})


def _numbered(rows: pl.DataFrame, gap: timedelta) -> pl.DataFrame:
    """Return sorted requests with the `number` and `start` of their session, and whether they are `_inside`.

    A request is inside as a hit, or up to the gap after one.
    """
    time, before = pl.col("event_time"), pl.col("_hit_before")
    midnight = pl.col("event_date").cast(pl.Datetime("us", "UTC"))
    # Hits that run on over a midnight filled the day before exactly where they began within a gap of its start.
    full_day = timedelta(days=1) - gap
    steps = (
        _HIT.alias("_hit"),
        _last_time("_hit").shift(1).over(_VISITOR).alias("_hit_before"),
        (pl.col("_hit") & (before.is_null() | (time > before + gap))).alias("_after_gap"),
        _last_time("_after_gap").over(_VISITOR).alias("_run_start"),
        (
            pl.col("_hit") & ~pl.col("_after_gap") & (before < midnight) & (pl.col("_run_start") < midnight - full_day)
        ).fill_null(False).alias("_cut"),
        _last_time(pl.col("_after_gap") | pl.col("_cut")).over(_VISITOR).alias("_part_start"),
        (
            pl.col("_hit") & (pl.col("_after_gap") | pl.col("_cut") | (_caps(time) > _caps(before))).fill_null(False)
        ).alias("_starts"),
        pl.col("_starts").cast(pl.Int64).cum_sum().over(_VISITOR).alias("number"),
        _last_time("_starts").over(_VISITOR).alias("start"),
        (pl.col("_hit") | (time <= before + gap).fill_null(False)).alias("_inside"),
    )  # fmt: skip
    for step in steps:
        rows = rows.with_columns(step)
    return rows


def _last_time(condition: str | pl.Expr) -> pl.Expr:
    """Return the time of the newest row so far of which the condition is true."""
    return pl.when(condition).then("event_time").forward_fill()


def _caps(time: pl.Expr) -> pl.Expr:
    """Return the number of whole caps between the start of a run's part and a time."""
    return (time - pl.col("_part_start")).dt.total_microseconds() // (c.CAP_HOURS * 3_600_000_000)
