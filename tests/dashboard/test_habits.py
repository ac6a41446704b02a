"""Hours of the week by the shop's clock, and logins that came back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from dashboard.access import User
from shoplog.io.query import run_sql
from shoplog.settings import Settings
from tests.dashboard.browser import client_of
from tests.report.warehouse import DAY, Warehouse, days_after, noon, request

PUBLISHED = datetime(2026, 12, 1, tzinfo=UTC)


def week(settings: Settings, first: date, last: date, **asked: str) -> dict[str, Any]:
    answer = client_of(settings).get("/api/v1/hours-of-week", params={"from": str(first), "to": str(last), **asked})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_an_hour_of_the_week_is_the_mean_of_its_hours_by_the_shops_clock(settings: Settings) -> None:
    # Fridays, 12:00 UTC, which is 13:00 in Berlin; the Friday before has one error.
    eight_days = [request("/gone", 404, event_time=noon(days_after(-7)))]
    Warehouse(settings).stream(eight_days + [request() for _ in range(6)])
    (site,) = week(settings, days_after(-7), days_after(6))["sites"]
    assert (site["site"], site["time_zone"], len(site["hours"])) == ("shop", "Europe/Berlin", 168)
    busy = [hour for hour in site["hours"] if hour["requests"]]
    assert busy == [{"weekday": 5, "hour": 13, "n": 2, "requests": 3.5, "page_views": 3.0}]
    assert {hour["n"] for hour in site["hours"]} == {2}


def test_a_week_begins_with_the_shop(settings: Settings) -> None:
    Warehouse(settings).stream([request() for _ in range(6)])
    (site,) = week(settings, days_after(-60), days_after(6))["sites"]
    assert [hour["page_views"] for hour in site["hours"] if hour["requests"]] == [6.0]
    assert {hour["n"] for hour in site["hours"]} == {1}


def test_hours_that_are_not_over_do_not_count(settings: Settings) -> None:
    today = datetime.now(UTC).date()
    Warehouse(settings).stream([request(event_time=datetime.now(UTC))])
    (site,) = week(settings, today, today)["sites"]
    assert sum(hour["n"] for hour in site["hours"]) == datetime.now(UTC).hour
    assert sum(hour["requests"] for hour in site["hours"]) == 0


def test_a_week_cannot_be_told_by_what_traffic_does_not_know(settings: Settings) -> None:
    Warehouse(settings).stream([request()])
    made = week(settings, DAY, DAY, where="path=/")
    assert [one["site"] for one in made["left_out"]] == [None]
    assert not any(hour["requests"] for hour in made["sites"][0]["hours"])


@pytest.fixture
def shop(settings: Settings) -> Warehouse:
    made = Warehouse(settings)
    made.stream([request(event_time=noon(days_after(n))) for n in range(15)])
    for n, logins in {0: "abc", 1: "abd", 2: "ae", 9: "ad", 14: "b"}.items():
        day = days_after(n)
        made.nightly("silver_login_1d", [{"login_id": one, "requests": 1} for one in logins], day)
        made.recompute([request(event_time=noon(day))], day)
        made.publish(PUBLISHED + timedelta(minutes=n), day)
    return made


def cohorts(settings: Settings, first: int, last: int, user: User | None = None) -> Any:
    asked = {"from": str(days_after(first)), "to": str(days_after(last))}
    return (client_of(settings, user) if user else client_of(settings)).get("/api/v1/cohorts", params=asked).json()


def test_a_cohort_is_the_logins_that_were_first_there_on_a_day(shop: Warehouse) -> None:
    found = cohorts(shop.settings, 0, 2)
    assert found["unit"] == "day"
    counts = [((date.fromisoformat(one["first"]) - DAY).days, one["since"], one["logins"]) for one in found["cohorts"]]
    assert counts == [(0, 0, 3), (0, 1, 2), (0, 2, 1), (0, 9, 1), (0, 14, 1), (1, 0, 1), (1, 8, 1), (2, 0, 1)]
    view = "select first_date, days_since, logins from gold_retention_1d_now where days_since < 15 order by 1, 2"
    rows = run_sql(shop.settings, view)[1]
    assert [(date.fromisoformat(one["first"]), one["since"], one["logins"]) for one in found["cohorts"]] == rows
    assert [one["first"] for one in cohorts(shop.settings, 1, 1)["cohorts"]] == [str(days_after(1))] * 2


def test_long_periods_go_by_week_from_monday(shop: Warehouse) -> None:
    # The 20th is a Friday: its week has days 0 to 2, the next one day 9, the one after that day 14.
    found = cohorts(shop.settings, 0, 60)
    assert found["unit"] == "week"
    assert [(one["first"], one["since"], one["logins"]) for one in found["cohorts"]] == [
        ("2026-11-16", 0, 5), ("2026-11-16", 1, 2), ("2026-11-16", 2, 1),
    ]  # fmt: skip


def test_logins_are_not_filtered(settings: Settings) -> None:
    answer = client_of(settings).get("/api/v1/cohorts", params={"from": str(DAY), "where": "country=DE"})
    assert (answer.status_code, answer.json()["detail"]) == (
        400,
        "Logins are not kept by any dimension: ask without a filter.",
    )


def test_cohorts_of_other_sites_and_without_logins(shop: Warehouse, settings: Settings) -> None:
    assert cohorts(settings, 0, 2, User("nina", "viewer", ("another",)))["cohorts"] == []
    assert cohorts(settings, 200, 201) == {"unit": "day", "cohorts": []}
