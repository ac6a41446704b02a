"""Sessions, funnel, visitors and disguised bots as the nightly makes them, and the day on which they are final."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from jobs.batch.publish import publish
from jobs.batch.recompute import WRITES, recompute
from shoplog.io.query import run_sql
from shoplog.settings import Settings
from tests.batch.bronze_rows import Bronze, at, line

pytestmark = pytest.mark.spark
D20, D21, D22 = (date(2026, 11, day) for day in (20, 21, 22))
SALTS = {day: bytes([day.day]) * 32 for day in (date(2026, 11, 19), D20, D21, D22)}
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
PROBES = ("/.env", "/.git/config", "/wp-login.php", "/backup.sql")


def sessions(settings: Settings, view: str = "silver_session_now") -> list[tuple[Any, ...]]:
    return run_sql(settings, f"select event_date, pages, status from {view} order by all")[1]


@pytest.fixture(scope="module")
def shop(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Two days: one shopper over midnight, one that buys, a scanner with a person's user agent; each day published in turn."""
    settings = Settings(home=tmp_path_factory.mktemp("visits") / "home", host="web1")
    bronze = Bronze(settings, SALTS)

    def send(day: int, *lines: bytes) -> None:
        bronze.stream([(n * 300, body) for n, body in enumerate(lines)], at(day + 1, 1), file=f"{day}.log")

    send(
        20,
        line(at(20, 23, 50), agent=FIREFOX, user="ada"),
        line(at(20, 23, 58), agent=FIREFOX, url="/category/shoes"),
        *(line(at(20, 9, n), 404, url, CHROME) for n, url in enumerate(PROBES)),
    )
    send(
        21,
        line(at(21, 0, 5), agent=FIREFOX, url="/category/hats", user="ada"),
        line(at(21, 15), agent=FIREFOX, user="grace"),
    )
    recompute(spark, settings, [D20])
    assert publish(spark, settings, [D20], despite="a test")["published"] == 1
    return settings


def test_a_session_over_midnight_is_whole_and_final_once_the_next_day_is_published(shop: Settings, spark: Any) -> None:
    assert sessions(shop) == [(D20, 2, "provisional")]
    recompute(spark, shop, [D21])
    assert sessions(shop) == [(D20, 2, "provisional")], "what is not published moved a published figure"
    assert publish(spark, shop, [D21], despite="a test")["published"] == 1
    assert sessions(shop) == [(D20, 3, "final"), (D21, 1, "provisional")]
    figures = "select window_start::date, sessions, pages from gold_sessions_1h_now order by all"
    assert run_sql(shop, figures)[1] == [(D20, 1, 3), (D21, 1, 1)]
    steps = "select count(*) from gold_funnel_1d_now where event_date = '2026-11-20' and status = 'final'"
    assert run_sql(shop, steps)[1] == [(12,)]
    pinned = "select day, table_versions['silver_request'] from published_newest order by day"
    first, second = run_sql(shop, pinned)[1]
    assert first[1] < second[1], "the day before keeps the requests it was published with"


def test_a_scanner_with_a_persons_user_agent_is_in_no_session_and_is_named(shop: Settings) -> None:
    of_day = "where event_date = '2026-11-20'"
    assert run_sql(shop, f"select bot_name, rules from gold_disguised_1d {of_day}")[1] == [
        ("(scanner)", ["weak_spots"])
    ]
    counts = f"select exact_visitors, disguised_visitors from gold_visitors_1d {of_day}"
    assert run_sql(shop, counts)[1] == [(2, 1)]
    balance = "select requests, disguised, in_sessions, outside_sessions, not_people, without_visitor from"
    assert run_sql(shop, f"{balance} gold_request_balance_1d {of_day}")[1] == [(6, 4, 2, 0, 0, 0)]


def test_several_days_at_once_are_the_same_as_one_after_the_other(shop: Settings, spark: Any) -> None:
    tables = WRITES
    # A sketch's bytes depend on the order of its merges; its estimate does not.
    before = {
        t: run_sql(shop, f"select columns(lambda c: c not like '%sketch') from {t} order by all")[1] for t in tables
    }
    recompute(spark, shop, [D20, D21])
    after = {
        t: run_sql(shop, f"select columns(lambda c: c not like '%sketch') from {t} order by all")[1] for t in tables
    }
    assert after == before
    assert publish(spark, shop, [D20, D21], despite="a test")["published"] == 2
    assert sessions(shop) == [(D20, 3, "final"), (D21, 1, "provisional")]


def test_logins_are_new_once_and_then_come_back(shop: Settings) -> None:
    cohorts = "select event_date, first_date, days_since, logins, status from gold_retention_1d_now order by all"
    assert run_sql(shop, cohorts)[1] == [
        (D20, D20, 0, 1, "final"),
        (D21, D20, 1, 1, "final"),
        (D21, D21, 0, 1, "final"),
    ]
    names = run_sql(shop, "select count(distinct login_id) from silver_login_1d")[1]
    assert names == [(2,)], "one id a login, the same on both days"
    texts = run_sql(shop, "select count(*) from silver_request where login_id in ('ada', 'grace')")[1]
    assert texts == [(0,)], "a user name stands in silver"
