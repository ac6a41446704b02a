from __future__ import annotations

from typing import Any

import pytest

from shoplog.io.query import format_rows, run_sql
from shoplog.settings import Settings
from tests.dashboard.browser import client_of
from tests.streaming.records import NOON, Batches, line, value

pytestmark = pytest.mark.spark


@pytest.fixture
def batches(spark: Any, settings: Settings) -> Batches:
    made = Batches(spark, settings)
    bodies = [
        line("203.0.113.1", i, "/<script>alert(1)</script>" if i < 3 else "/b", 200 if i else 404) for i in range(6)
    ]
    made.send({0: [value(body, i * 1000) for i, body in enumerate(bodies)] + [value(b"nonsense", 9000)]})
    return made


def test_the_page_shows_what_the_tables_hold(batches: Batches) -> None:
    client = client_of(batches.settings)
    live = client.get("/api/v1/live").json()
    assert live["series"]["requests_per_s"] == [0.1]
    assert live["status_mix"] == {"1xx": 0, "2xx": 5, "3xx": 0, "4xx": 1, "5xx": 0}
    assert live["top_pages"] == [["/<script>alert(1)</script>", 3], ["/b", 3]]
    assert (live["visitors_5m"], live["status"], live["replay"]) == (1, "provisional", True)
    assert live["totals"] == {"accepted": 6, "quarantined": 1, "duplicates": 0}


def test_the_page_takes_no_script_that_is_not_ours(batches: Batches) -> None:
    page = client_of(batches.settings).get("/")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "<script>" not in page.text


def test_the_page_before_any_line(settings: Settings) -> None:
    assert client_of(settings).get("/api/v1/live").json()["has_lines"] is False


def test_sql_sees_views_of_the_live_tables(batches: Batches) -> None:
    names, rows = run_sql(batches.settings, "select site, requests, visitors, status from gold_traffic_1m_now")
    assert (names, rows) == (["site", "requests", "visitors", "status"], [("shop", 6, 1, "provisional")])
    assert run_sql(batches.settings, "select count(*) from silver_request_live")[1] == [(6,)]
    assert run_sql(batches.settings, "select reason from quarantine_access_log_live")[1] == [("unparsable",)]
    assert run_sql(batches.settings, "select count(*) from silver_request")[1] == [(0,)]
    text = format_rows(*run_sql(batches.settings, "select min(window_start) w from gold_traffic_1m_live"), "json")
    assert text == f'{{"w": "{NOON.replace(hour=11).isoformat()}"}}\n'
    assert format_rows(["w"], [], "json") == ""
    assert format_rows(["w"], [], "csv") == "w\n"
