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

_ORDER = "event_time, host, file, byte_offset"
_SO_FAR = f"over (partition by site, _visitor order by {_ORDER} rows between unbounded preceding and current row)"
_BEFORE = _SO_FAR.replace("current row", "1 preceding")
_CAP_US = c.CAP_HOURS * 3_600_000_000


def sessions(
    requests: DataFrame, day: date, disguised: DataFrame | None = None, gap_minutes: int = c.GAP_MINUTES
) -> DataFrame:
    """Return `SESSION`: the sessions of people that start on the UTC day.

    `requests` are accepted rows of the day, the day before and the day after; others are not looked at. `disguised` are
    the visitors (site, visitor_id) of these days that behave like programs. After `gap_minutes` a session ends.
    """
    from pyspark.sql import functions as F

    rows = _numbered(requests, day, disguised, gap_minutes).where(f"_inside and to_date(_start) = date'{day}'")
    sums = _SUMS | funnels.SUMS | attribution.SUMS
    rows = rows.groupBy("site", "_visitor", "_number").agg(*(F.expr(f"{sql} as {name}") for name, sql in sums.items()))
    rows = rows.where("pages > 0 or events > 0").withColumn("event_date", F.lit(day))
    for step in (funnels.ONCE | attribution.ONCE, funnels.FOLDS | attribution.FOLDS):
        rows = rows.selectExpr("*", *(f"{sql} as {name}" for name, sql in step.items()))
    made = _COLUMNS | funnels.COLUMNS | attribution.COLUMNS
    return rows.selectExpr(*(f"cast({made.get(o.name, o.name)} as {o.type}) as {o.name}" for o in c.SESSION))


def session_balance(requests: DataFrame, day: date, disguised: DataFrame | None = None) -> DataFrame:
    """Return `REQUEST_BALANCE`: each site's accepted requests of the UTC day, split by what `sessions` makes of them."""
    from pyspark.sql import functions as F

    refused = list(c.REQUEST_SHARES)[:3]
    totals = _shared(requests, day, disguised).where(f"event_date = date'{day}'").groupBy("site", "event_date")
    of_people = (
        _numbered(requests, day, disguised)
        .groupBy("site", "_visitor", "_number")
        .agg(
            F.expr(f"count_if(event_date = date'{day}') as _requests"),
            F.expr(f"count_if(event_date = date'{day}' and _inside) as _within"),
            F.expr(f"count_if(_inside and ({c.PAGE_VIEW} or event_name is not null)) > 0 as _is_session"),
        )
        .selectExpr("site", "_requests", "if(_is_session, _within, 0L) as _in")
        .groupBy("site")
        .agg(F.expr("sum(_in) as _in"), F.expr("sum(_requests - _in) as _out"))
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


def _numbered(
    requests: DataFrame, day: date, disguised: DataFrame | None, gap_minutes: int = c.GAP_MINUTES
) -> DataFrame:
    """Return people's requests with `_visitor`, the `_number` and `_start` of their session, and whether they are `_inside`.

    A request is inside as a hit, or up to the gap after one.
    """
    gap = f"interval {gap_minutes} minutes"
    # Hits that run on over a midnight filled the day before exactly where they began within a gap of its start.
    full_day = f"interval {24 * 60 - gap_minutes} minutes"
    people = _shared(requests, day, disguised).where("_share = 'people'")
    steps = (
        (f"coalesce({c.HIT}, false) as _hit",),
        (f"last_value(if(_hit, event_time, null), true) {_BEFORE} as _hit_before",),
        (f"_hit and (_hit_before is null or event_time > _hit_before + {gap}) as _after_gap",),
        (f"last_value(if(_after_gap, event_time, null), true) {_SO_FAR} as _run_start",),
        (
            f"_hit and not _after_gap and to_date(_hit_before) < event_date and _run_start < event_date - {full_day} as _cut",
        ),
        (f"last_value(if(_after_gap or _cut, event_time, null), true) {_SO_FAR} as _part_start",),
        (f"_hit and (_after_gap or _cut or {_caps('event_time')} > {_caps('_hit_before')}) as _starts",),
        (
            f"count_if(_starts) {_SO_FAR} as _number",
            f"last_value(if(_starts, event_time, null), true) {_SO_FAR} as _start",
            f"_hit or coalesce(event_time <= _hit_before + {gap}, false) as _inside",
        ),
    )
    rows = funnels.with_repeats(_chained(people, day, gap), people)
    for step in steps:
        rows = rows.selectExpr("*", *step)
    return rows


def _caps(time: str) -> str:
    """Return SQL for the number of whole caps between the start of a run's part and a time."""
    return f"(unix_micros({time}) - unix_micros(_part_start)) div {_CAP_US}"


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


# Aggregates over a session's requests, and the columns made of them that are not events' or touches'.
_SUMS = {
    "session_start": "min(event_time) filter (where _hit)",
    "session_end": "max(event_time) filter (where _hit)",
    "pages": f"count_if({c.PAGE_VIEW})",
    "requests": "count(*)",
    "bytes_sent": "coalesce(sum(bytes_sent), 0L)",
    "entry_page": f"min_by(path, struct({_ORDER})) filter (where {c.PAGE_VIEW})",
    "exit_page": f"max_by(path, struct({_ORDER})) filter (where {c.PAGE_VIEW})",
    "_opening": f"min(struct({_ORDER}, country, device, os, browser)) filter (where _hit)",
}
_COLUMNS = {
    "session_id": "substr(sha2(concat_ws('\\t', site, _visitor, _opening.host, _opening.file, _opening.byte_offset), 256), 1, 16)",
    "visitor_id": "_visitor",
    "duration_s": "timestampdiff(SECOND, session_start, session_end)",
    "is_bounce": "pages <= 1 and not _of_value",
    "is_engaged": "pages >= 2 or _of_value or session_end >= session_start + interval 10 seconds",
    **{name: f"_opening.{name}" for name in ("country", "device", "os", "browser")},
}
