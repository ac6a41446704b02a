from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl

from shoplog.contracts.families import SOURCES, TRAFFIC
from shoplog.contracts.model import Family
from shoplog.transforms.measure import measured

ROW = {
    "site": "shop", "fate": "accepted", "event_time": datetime(2026, 11, 20, 12, tzinfo=UTC), "method": "GET", "status": 200,
    "bytes_sent": 1, "duration_ms": None, "page_class": "page", "traffic_type": "Regular", "visitor_id": "v",
    "channel": "Direct", "source": "(direct)", "medium": "(none)", "campaign": None, "search_engine": None,
}  # fmt: skip


def total(family: Family, figure: str, **columns: Any) -> int:
    return int(measured(pl.DataFrame([{**ROW, **columns}], infer_schema_length=None), (family,))[figure].sum())


def test_a_page_view_is_a_page_that_a_person_was_shown() -> None:
    for shown in ({}, {"status": 304}, {"status": 206}):
        assert total(TRAFFIC, "page_views", **shown) == 1, shown
    for other in (
        {"status": 301}, {"status": 302, "method": "POST"}, {"method": "POST"}, {"method": "HEAD"}, {"status": 404},
        {"status": 503}, {"page_class": "static"}, {"page_class": "api"}, {"traffic_type": "Bot"},
    ):  # fmt: skip
        assert total(TRAFFIC, "page_views", **other) == 0, other


def test_an_old_link_from_outside_is_one_landing_though_it_is_redirected() -> None:
    redirect, page = total(SOURCES, "landings", status=301), total(SOURCES, "landings")
    assert (redirect, page) == (0, 1)
    assert total(SOURCES, "landings", channel=None) == 0


def test_where_nothing_is_known_a_count_is_0() -> None:
    rows = pl.DataFrame(
        [{**ROW, "page_class": None}], schema_overrides={"duration_ms": pl.Int64, "page_class": pl.String}
    )
    row = measured(rows, (TRAFFIC,)).row(0, named=True)
    assert row["duration_histogram"] == [0] * 15
    assert (row["page_views"], row["status_5xx"], row["requests"]) == (0, 0, 1)
