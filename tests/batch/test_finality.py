"""While a day is published again, every reader sees it whole: all as it was, or all as it is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from jobs.batch.publish import publish
from jobs.batch.recompute import recompute
from jobs.report import make_report
from shoplog.io.query import run_sql
from shoplog.report.question import Question, Span
from shoplog.settings import Settings
from tests.batch.bronze_rows import Bronze, at, line

pytestmark = [pytest.mark.spark, pytest.mark.proof]
D19, D20, D21 = (date(2026, 11, day) for day in (19, 20, 21))
SALTS = {day: bytes([day.day]) * 32 for day in (D19, D20, D21)}
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
# Figures of different tables, so that a reader that mixes publications is seen to.
OF_VIEWS = """select (select sum(requests) from gold_traffic_1m_now), (select sum(requests) from gold_pages_1h_now),
    (select sum(events) from gold_events_1h_now), (select sum(pages) from gold_sessions_1h_now),
    (select sum(pages) from silver_session_now), (select max(status) from gold_traffic_1m_now)"""
State = tuple[Any, ...]


def of_views(settings: Settings) -> State:
    (row,) = run_sql(settings, OF_VIEWS)[1]
    return row


def of_report(settings: Settings) -> State:
    (site,) = make_report(settings, Question(Span(D20, D20), limit=1000)).sites
    rows = {section.name: section.rows for section in site.sections}
    whole = {section.name: [figure.name for figure in section.figures] for section in site.sections}
    traffic, sessions = rows["traffic"][0], rows["sessions"][0]
    pages = whole["pages"].index("requests")
    return (
        site.days[0].requests,
        traffic.values[0].value,
        sum(row.values[pages].value or 0 for row in rows["pages"]),
        sum(row.values[0].value or 0 for row in rows["events"]),
        round(float((sessions.values[3].value or 0) * (sessions.values[0].value or 0))),
        site.status,
    )


class Watch(threading.Thread):
    """Reads again and again until told to end; keeps each state once in a row, and what a reading raised."""

    def __init__(self, read: Callable[[], State]) -> None:
        super().__init__()
        self.read, self.told, self.begun = read, threading.Event(), threading.Event()
        self.states: list[State] = []
        self.readings, self.raised = 0, None

    def run(self) -> None:
        try:
            while True:
                is_last = self.told.is_set()
                state = self.read()
                self.readings += 1
                if not self.states or self.states[-1] != state:
                    self.states.append(state)
                self.begun.set()
                if is_last:
                    return
        except BaseException as error:
            self.raised = error
            self.begun.set()


def more(n: int) -> list[tuple[int, bytes]]:
    """Eleven lines more, three of them events, all of one visitor."""
    urls = ["/category/hats"] * 3 + [f"/page/{n}"] * 8
    return [(n * 10_000 + i * 300, line(at(20, 9 + n, i), url=url, agent=FIREFOX)) for i, url in enumerate(urls)]


def test_readers_see_a_day_whole_at_every_moment_while_it_is_published_again(spark: Any, settings: Settings) -> None:
    bronze = Bronze(settings, SALTS)
    bronze.stream(more(0), at(21, 1))
    recompute(spark, settings, [D20])
    publish(spark, settings, [D20], despite="a test")
    watches = [Watch(lambda: of_views(settings)), Watch(lambda: of_report(settings))]
    for watch in watches:
        watch.start()
        assert watch.begun.wait(300)
    # Brought in, so that nothing live moves beside the published figures.
    bronze.bring_in(more(1), at(22, 1), file="filled.log")
    recompute(spark, settings, [D20])
    publish(spark, settings, [D20], despite="a test")
    for watch in watches:
        watch.told.set()
    for watch in watches:
        watch.join(300)
        assert watch.raised is None
        assert not watch.is_alive()
    of_view, of_page = watches
    assert of_view.states == [(11 * n, 11 * n, 3 * n, 11 * n, 11 * n, "final") for n in (1, 2)]
    assert of_page.states == [(11 * n, 11 * n, 11 * n, 3 * n, 11 * n, "final") for n in (1, 2)]
    assert min(of_view.readings, of_page.readings) > 3

    kept = "select distinct published_at, cause, day_status, rules_versions, table_versions['silver_request'] from report_snapshot"
    found = run_sql(settings, f"{kept} order by 1")[1]
    assert [row[1:4] for row in found] == [("nightly", "final", [2])] * 2
    pinned = run_sql(settings, "select published_at, table_versions['silver_request'] from published_day order by 1")[1]
    assert [(row[0], row[4]) for row in found] == pinned

    # What was shown at each publication.
    shown = [make_report(settings, Question(Span(D20, D20), as_of=moment)).sites[0].days[0] for moment, _ in pinned]
    assert [day.requests for day in shown] == [11, 22]
