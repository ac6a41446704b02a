"""Requests -> sessions of a UTC day, one row each; and what became of every request."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from shoplog.contracts import sessions as c
from shoplog.contracts.people import REGULAR
from shoplog.contracts.session_figures import REQUEST_BALANCE
from shoplog.transforms import attribution, funnels

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# What visits are made of.
_PEOPLE = (
    "site", "_visitor", "event_time", "host", "file", "byte_offset", "event_date", "page_class", "event_name", "method",
    "status", "path", "bytes_sent", "item_id", "order_id", "value", "country", "device", "os", "browser", *c.ORIGIN, "_again",
)  # fmt: skip


def people_of(
    requests: DataFrame, day: date, disguised: DataFrame | None = None, gap_minutes: int = c.GAP_MINUTES
) -> DataFrame:
    """Return the requests that visits of the UTC day are made of (`transforms.visits`), with `_visitor` and `_again`.

    `requests` are accepted rows of the day, the day before and the day after; others are not looked at. `disguised` are
    the visitors (site, visitor_id) of these days that behave like programs.
    """
    people = _shared(requests, day, disguised).where("_share = 'people'")
    chained = _chained(people, day, f"interval {gap_minutes} minutes")
    return funnels.with_repeats(chained, people).select(*_PEOPLE)


def sessions(visits: DataFrame, day: date) -> DataFrame:
    """Return `SESSION`: the sessions of people that start on the UTC day, of its `VISIT` rows."""
    from pyspark.sql import functions as F

    rows = visits.where(f"to_date(start) = date'{day}' and is_session").withColumn("event_date", F.lit(day))
    for step in (funnels.ONCE | attribution.ONCE, funnels.FOLDS | attribution.FOLDS):
        rows = rows.selectExpr("*", *(f"{sql} as {name}" for name, sql in step.items()))
    made = _COLUMNS | funnels.COLUMNS | attribution.COLUMNS
    return rows.selectExpr(*(f"cast({made.get(o.name, o.name)} as {o.type}) as {o.name}" for o in c.SESSION))


def session_balance(requests: DataFrame, visits: DataFrame, day: date, disguised: DataFrame | None = None) -> DataFrame:
    """Return `REQUEST_BALANCE`: each site's accepted requests of the UTC day, split by what its `VISIT` rows make of them."""
    from pyspark.sql import functions as F

    refused = list(c.REQUEST_SHARES)[:3]
    totals = _shared(requests.where(f"event_date = date'{day}'"), day, disguised).groupBy("site", "event_date")
    of_people = (
        visits.selectExpr("site", "requests_of_day", "if(is_session, inside_of_day, 0L) as _in")
        .groupBy("site")
        .agg(F.expr("sum(_in) as _in"), F.expr("sum(requests_of_day - _in) as _out"))
    )
    return (
        totals.agg(F.count("*").alias("requests"), *(F.expr(f"count_if(_share = '{s}') as {s}") for s in refused))
        .join(of_people, "site", "left")
        .selectExpr("*", "coalesce(_out, 0L) as outside_sessions", "coalesce(_in, 0L) as in_sessions")
        .select(*(column.name for column in REQUEST_BALANCE))
    )


def _shared(requests: DataFrame, day: date, disguised: DataFrame | None) -> DataFrame:
    """Return the requests of the three days with `_share`: why they make no session, or `people`."""
    from pyspark.sql import functions as F

    rows = requests.where(f"event_date between date'{day - timedelta(days=1)}' and date'{day + timedelta(days=1)}'")
    if disguised is None:
        rows = rows.withColumn("_disguised", F.lit(None).cast("boolean"))
    else:
        known = disguised.select("site", "visitor_id").distinct().withColumn("_disguised", F.lit(True))
        rows = rows.join(F.broadcast(known), ["site", "visitor_id"], "left")
    return rows.withColumn(
        "_share",
        F.expr(
            f"case when not traffic_type <=> '{REGULAR}' then 'not_people' when visitor_id is null then 'without_visitor'"
            " when _disguised then 'disguised' else 'people' end"
        ),
    )


def _chained(people: DataFrame, day: date, gap: str) -> DataFrame:
    """Return the day's requests with `_visitor`, and its neighbours' of visitors that are there on both sides of midnight.

    `_visitor` is the visitor's id on the day. Who comes a `gap` (SQL) after midnight or later has one behind.
    """
    from pyspark.sql import functions as F

    today = f"date'{day}'"
    early = people.where(f"event_date >= {today}").groupBy("site", "event_date", "visitor_id")
    early = early.agg(F.max("visitor_id_prev").alias("_prev"), F.min("event_time").alias("_first"))
    early = early.where(f"_prev is not null and _first < event_date + {gap}")
    # Both ids of a midnight stand in the rows behind it: of the day before they name the hits, of the day after the visitor.
    neighbours = early.selectExpr(
        "site",
        f"if(event_date = {today}, date_sub(event_date, 1), event_date) as event_date",
        f"if(event_date = {today}, _prev, visitor_id) as visitor_id",
        f"if(event_date = {today}, visitor_id, _prev) as _neighbour",
    )
    rows = people.join(F.broadcast(neighbours), ["site", "event_date", "visitor_id"], "left")
    rows = rows.selectExpr("*", f"if(event_date = {today}, visitor_id, _neighbour) as _visitor")
    return rows.where("_visitor is not null")


_COLUMNS = {
    "session_id": "substr(sha2(concat_ws('\\t', site, visitor_id, opening.host, opening.file, opening.byte_offset), 256), 1, 16)",
    "duration_s": "timestampdiff(SECOND, session_start, session_end)",
    "is_bounce": "pages <= 1 and not _of_value",
    "is_engaged": "pages >= 2 or _of_value or session_end >= session_start + interval 10 seconds",
    **{name: f"opening.{name}" for name in ("country", "device", "os", "browser")},
}
