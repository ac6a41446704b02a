from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from jobs.batch.visits import visits_of
from shoplog.contracts.sessions import OPEN_SESSION
from shoplog.transforms.open_sessions import open_sessions, sessions_by_minutes
from shoplog.transforms.sessions import sessions
from tests.cases.requests import frame, request

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SCHEMA = {
    "site": pl.String, "visitor_id": pl.String, "visitor_id_prev": pl.String, "window_start": pl.Datetime("us", "UTC"),
    "visitor_pages": pl.Int64, "visitor_events": pl.Int64,
}  # fmt: skip
SPARK_TYPES = ("string", "string", "string", "timestamp", "bigint", "bigint")


def minute(ago: float, visitor: str = "v", prev: str | None = None, pages: int = 1, events: int = 0) -> tuple[Any, ...]:
    return ("shop", visitor, prev, NOW - timedelta(minutes=ago), pages, events)


def found(*minutes: tuple[Any, ...], now: datetime = NOW) -> list[tuple[Any, ...]]:
    """Return visitor, minutes since start and since the last hit, pages, events of each open session."""
    rows = open_sessions(pl.DataFrame(list(minutes), SCHEMA, orient="row"), now)
    assert rows.columns == [column.name for column in OPEN_SESSION]
    return [
        (v, (now - start) / timedelta(minutes=1), (now - end) / timedelta(minutes=1), pages, events)
        for _, v, start, end, pages, events in rows.iter_rows()
    ]


def test_a_session_is_open_for_30_minutes_after_its_last_view_or_event() -> None:
    assert found(minute(30)) == [("v", 30, 30, 1, 0)]
    assert found(minute(31)) == []
    assert found(minute(40), minute(10, pages=0)) == []
    assert found(minute(40), minute(10, pages=0, events=2)) == [("v", 40, 10, 1, 2)]
    assert found() == []


def test_a_gap_of_more_than_30_minutes_starts_anew() -> None:
    assert found(minute(90, pages=7), minute(59, pages=2), minute(29)) == [("v", 59, 29, 3, 0)]


def test_visitors_and_sites_are_apart_and_rows_in_any_order() -> None:
    rows = [minute(5, "b"), minute(1, "a"), minute(9, "a"), ("other", "a", None, NOW, 1, 0)]
    assert found(*rows) == found(*reversed(rows)) == [("a", 0, 0, 1, 0), ("a", 9, 1, 2, 0), ("b", 5, 5, 1, 0)]


def test_a_session_goes_on_over_midnight_under_its_new_id() -> None:
    midnight = datetime(2026, 11, 20, tzinfo=UTC)
    before = ("shop", "a19", "a18", midnight - timedelta(minutes=3), 2, 0)
    after = ("shop", "a20", "a19", midnight + timedelta(minutes=4), 1, 0)
    late = ("shop", "a20", None, midnight + timedelta(minutes=5), 1, 0)
    now = midnight + timedelta(minutes=5)
    assert found(before, after, late, now=now) == [("a20", 8, 0, 4, 0)]
    # Where the previous day's id is not known, one visitor is two until half past midnight.
    assert len(found(before, (*after[:2], None, *after[3:]), now=now)) == 2


def test_only_24_hours_are_known() -> None:
    minutes = [minute(20 * n) for n in range(90)]
    assert found(*minutes) == [("v", 1420, 0, 72, 0)]


@pytest.mark.spark
def test_live_and_nightly_agree_on_hits_at_whole_minutes(spark: Any) -> None:
    """The stated difference is one of resolution: without seconds, there is none."""
    rng = random.Random(3)
    minutes, rows = [], []
    for n in range(60):
        # One row per minute: gaps of up to an hour, until some time before or after now.
        ago = rng.randrange(300)
        while ago >= 0:
            pages = rng.randrange(1, 4)
            minutes.append(minute(ago, f"v{n}", pages=pages))
            rows += [request(NOW - timedelta(minutes=ago), visitor_id=f"v{n}")] * pages
            ago -= rng.choice([1, 10, 29, 30, 31, 60])
    nightly = sessions(visits_of(frame(spark, rows), NOW.date()), NOW.date()).where(
        "session_end >= timestamp'2026-11-20 11:30:00 UTC'"
    )
    expected = sorted(
        (row["visitor_id"], (NOW - row["session_start"].astimezone(UTC)).seconds // 60, row["pages"])
        for row in nightly.collect()
    )
    assert sorted((v, start, pages) for v, start, _, pages, _ in found(*minutes)) == expected
    assert len(expected) > 20

    names = ", ".join(f"{name} {kind}" for name, kind in zip(SCHEMA, SPARK_TYPES, strict=True))
    by_hour = sessions_by_minutes(spark.createDataFrame(minutes, names)).collect()
    starts = sessions(visits_of(frame(spark, rows), NOW.date()), NOW.date()).selectExpr(
        "date_trunc('hour', session_start) hour"
    )
    hours = Counter(row["hour"] for row in starts.collect())
    assert {row["window_start"]: row["sessions"] for row in by_hour} == hours
