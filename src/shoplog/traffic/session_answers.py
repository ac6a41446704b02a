"""The true sessions: plain loops over each person's hits, by the words of `contracts/sessions.py`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import groupby
from typing import Any

import polars as pl

from shoplog.contracts.sessions import CAP_HOURS, GAP_MINUTES
from shoplog.traffic.known import PERSON
from shoplog.traffic.session_facts import FIELDS, facts_of

_GAP_S, _CAP_S, _DAY_S = GAP_MINUTES * 60, CAP_HOURS * 3600, 86_400
Row = dict[str, Any]
_OF_LINES = (
    "site", "visitor", "day", "second", "time", "path", "method", "status", "bytes_sent", "page_class", "event", "item_id",
    "order_id", "cents", "channel", "source", "medium", "campaign", "device", "os", "browser",
)  # fmt: skip


def disguised(rows: pl.DataFrame) -> pl.DataFrame:
    """Return those who scan under a person's agent, with `day`, `visitor` and what they asked for: a scan asks for plenty."""
    static = pl.col("page_class") == "static"
    of_day = rows.filter(PERSON & pl.col("visitor").is_not_null()).group_by("site", "day", "visitor")
    counts = {
        "requests": ~static,
        "assets": static,
        "robots_requests": pl.col("path") == "/robots.txt",
        "weak_spot_requests": pl.col("is_weak_spot") & (pl.col("status") >= 400),
        "attack_requests": pl.col("is_attack"),
        "error_requests": ~static & (pl.col("status") >= 400),
        "referred_requests": ~static & pl.col("referrer").is_not_null(),
    }
    minutes = pl.col("time").filter(~static).dt.truncate("1m").value_counts().struct.field("count").max()
    sums = of_day.agg(
        *(counted.sum().cast(pl.Int64).alias(name) for name, counted in counts.items()),
        minutes.fill_null(0).cast(pl.Int64).alias("most_per_minute"),
    )
    with_files = pl.when(pl.col("assets") > 0).then(pl.lit("headless_browser")).otherwise(pl.lit("http_client"))
    return sums.filter((pl.col("weak_spot_requests") >= 3) | (pl.col("attack_requests") >= 3)).with_columns(
        pl.lit("Automation").alias("traffic_type"),
        with_files.alias("bot_category"),
        pl.lit("(scanner)").alias("bot_name"),
    )


def sessions(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the sessions of all days: `SESSION` but for its ids, with the generator's `visitor`."""
    people = rows.filter(PERSON & pl.col("visitor").is_not_null())
    people = people.join(disguised(rows), on=["site", "day", "visitor"], how="anti")
    # The order of the log: time, then file, then place in it.
    ordered = people.sort("visitor", "second", "hour", "number").select(_OF_LINES).iter_rows(named=True)
    found = []
    for _, lines in groupby(ordered, key=lambda line: line["visitor"]):
        person = list(lines)
        _mark_repeats(person)
        made = (facts_of(session) for session in _cut(person))
        found += [facts for facts in made if facts["pages"] or facts["events"]]
    return pl.DataFrame(found, schema=FIELDS)


def _is_hit(line: Row) -> bool:
    return line["page_class"] == "page" or line["event"] is not None


def _mark_repeats(person: Iterable[Row]) -> None:
    """Mark orders that were shown before on the same or the previous day."""
    shown: dict[str, Any] = {}
    for line in person:
        line["again"] = False
        if line["event"] == "purchase":
            before = shown.get(line["order_id"])
            line["again"] = before is not None and line["day"] - before <= timedelta(days=1)
            shown[line["order_id"]] = line["day"]


def _cut(person: Iterable[Row]) -> Iterator[list[Row]]:
    """Yield each session's lines: hits by the three rules, other requests up to 30 minutes after one."""
    session: list[Row] = []
    before = run_start = part_start = -_DAY_S
    for line in person:
        now = line["second"]
        if _is_hit(line):
            midnight = now - now % _DAY_S
            gap = now - before > _GAP_S
            if gap:
                run_start = now
            full_day = before < midnight and run_start < midnight - _DAY_S + _GAP_S
            if gap or full_day:
                part_start = now
            cap = (now - part_start) // _CAP_S > max(before - part_start, 0) // _CAP_S
            if gap or full_day or cap:
                if session:
                    yield session
                session = []
            before = now
        if _is_hit(line) or (session and now - before <= _GAP_S):
            session.append(line)
    if session:
        yield session
