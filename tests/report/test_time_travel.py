"""What was known at a moment: before the first line, live, published, published again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from deltalake import DeltaTable

from shoplog.commands.report import make_report
from shoplog.errors import UserError
from shoplog.io.commits import version_at_moment
from shoplog.report.question import Question, Span
from shoplog.settings import Settings
from tests.report.warehouse import DAY, Warehouse, noon, request

FIRST_NIGHT = datetime(2026, 11, 21, 2, tzinfo=UTC)
SECOND_NIGHT = FIRST_NIGHT + timedelta(days=1)
MINUTE = timedelta(minutes=1)


def nights(settings: Settings) -> Warehouse:
    """Streamed at noon and at one, published in the first night with 5 requests, in the second with 6."""
    made = Warehouse(settings)
    made.stream([request()] * 2, at=noon())
    made.stream([request()], at=noon() + timedelta(hours=1))
    made.recompute([request()] * 5)
    made.publish(FIRST_NIGHT, live_requests=3)
    made.recompute([request()] * 6)
    made.publish(SECOND_NIGHT, live_requests=3)
    return made


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Read by several tests, changed by none."""
    return nights(Settings(home=tmp_path_factory.mktemp("nights") / "home", host="web1"))


@pytest.mark.parametrize(
    ("moment", "status", "requests", "live_version"),
    [
        (noon(), "provisional", 2, 0),
        (noon() + timedelta(minutes=59), "provisional", 2, 0),
        (noon() + timedelta(hours=1), "provisional", 3, 1),
        (FIRST_NIGHT - MINUTE, "provisional", 3, 1),
        (FIRST_NIGHT, "final", 5, 1),
        (SECOND_NIGHT - MINUTE, "final", 5, 1),
        (SECOND_NIGHT, "final", 6, 1),
        (None, "final", 6, 1),
    ],
)
def test_a_report_shows_what_was_known(
    shop: Warehouse, moment: datetime | None, status: str, requests: int, live_version: int
) -> None:
    report = make_report(shop.settings, Question(Span(DAY, DAY), as_of=moment))
    assert (report.sites[0].status, report.sites[0].days[0].requests) == (status, requests)
    assert report.sites[0].sections[0].rows[0].values[0].value == requests
    assert report.live_version == live_version


def test_before_the_first_line_there_is_a_sentence(shop: Warehouse) -> None:
    with pytest.raises(UserError, match="nothing was known at that moment"):
        make_report(shop.settings, Question(Span(DAY, DAY), as_of=noon() - MINUTE))


def test_files_that_are_gone_are_a_sentence(settings: Settings) -> None:
    shop = nights(settings)
    for file in (shop.settings.warehouse / "gold_traffic_1m").rglob("*.parquet"):
        file.unlink()
    with pytest.raises(UserError, match="Files of the version that was asked for are gone"):
        make_report(shop.settings, Question(Span(DAY, DAY)))
    # Live figures of before the publication are still there.
    assert make_report(shop.settings, Question(Span(DAY, DAY), as_of=noon())).sites[0].status == "provisional"


def test_lines_that_came_after_the_moment_do_not_wait_at_it(settings: Settings) -> None:
    shop = nights(settings)
    shop.stream([request()], at=SECOND_NIGHT + MINUTE)
    question = Question(Span(DAY, DAY), as_of=SECOND_NIGHT)
    assert make_report(shop.settings, question).sites[0].status == "final"
    later = make_report(shop.settings, replace(question, as_of=SECOND_NIGHT + MINUTE)).sites[0]
    assert (later.status, later.days[0].waiting_requests) == ("final_dirty", 1)


def test_a_version_is_found_by_when_it_became_readable(shop: Warehouse) -> None:
    table = shop.settings.warehouse / "gold_partial_live"
    assert DeltaTable(str(table)).version() == 1
    moments = [noon() - MINUTE, noon(), noon() + MINUTE, noon() + timedelta(days=9)]
    assert [version_at_moment(table, moment.timestamp()) for moment in moments] == [None, 0, 0, 1]
    assert version_at_moment(table.parent / "absent", noon().timestamp()) is None
