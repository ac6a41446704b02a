"""Pages that are put together are the whole: no row twice, none left out, though many rows have the same figures."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from deltalake import write_deltalake
from fastapi.testclient import TestClient

from dashboard.read_model.pages import PAGES, sections_of
from jobs.report import make_report
from shoplog.contracts.channels import AI_ASSISTANTS
from shoplog.contracts.tables import GOLD_ANOMALY, GOLD_ANOMALY_LIVE
from shoplog.io.arrow import arrow_schema
from shoplog.report.as_json import as_object
from shoplog.report.question import Question, Span
from shoplog.settings import Settings
from tests.dashboard.browser import client_of
from tests.report.warehouse import DAY, Warehouse, days_after, noon, request

EVE = days_after(-1)
DAYS = f"from={EVE}&to={DAY}"
NAMED = [(page, section.name) for page in PAGES for section in sections_of(page, 2)]
# What the session that stands for a visit has of a dimension, where it has any.
_OF_SESSION = ("entry_page", "exit_page", "campaign", "source", "medium", "channel")


def lines() -> list[dict[str, Any]]:
    """Requests of two days and shops that differ in one thing at a time, so that most figures are equal; some is unknown."""
    made = []
    for n in range(7):
        odd: list[dict[str, Any]] = [
            {"path": f"/p{n}", "duration_ms": 5.0 * (n % 2)}, {"status": 404, "path": f"/gone{n}"},
            {"status": 500 + n, "path": "/"}, {"country": f"C{n}" if n else None}, {"device": f"d{n}", "browser": f"b{n}"},
            {"channel": f"c{n}", "source": f"s{n}" if n else None, "medium": "web", "campaign": f"k{n}"},
            {"channel": AI_ASSISTANTS, "source": f"ai{n}"},
            {"event_name": "view_item", "item_id": f"i{n}", "item_category": f"g{n}"},
            {"event_name": "search", "search_term": f"t{n}"}, {"event_name": f"event{n}"},
            {"event_name": "purchase", "order_id": f"o{n}"},
            {"traffic_type": "AI Agent", "bot_category": "ai_search", "bot_name": f"bot{n}"},
        ]  # fmt: skip
        for more in odd:
            for site in ("shop", "outlet"):
                for day, times in ((EVE, 1), (DAY, 10)):
                    made += [request(**{"site": site, "event_time": noon(day, n), **more})] * times
    return made


def session(n: int, **more: Any) -> dict[str, Any]:
    of = {name: f"{name}{n}" for name in _OF_SESSION}
    usual = {
        "session_id": f"s{n}",
        "session_start": noon(EVE, n),
        "visitor_id": f"v{n}",
        "pages": 3,
        "is_bounce": False,
    }
    return {**usual, **of, "is_engaged": True, "orders": 1, "carts_created": 1, "duration_s": 60, **more}


@pytest.fixture(scope="module")
def settings_of_shop(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("home"), host="web1")


@pytest.fixture(scope="module")
def shop(settings_of_shop: Settings) -> TestClient:
    settings = settings_of_shop
    warehouse, every = Warehouse(settings), lines()
    warehouse.stream(every)
    warehouse.recompute([line for line in every if line["event_date"] == EVE], EVE)
    warehouse.nightly("silver_session", [session(n) for n in range(7)], EVE)
    warehouse.publish(noon(), EVE, live_requests=len(every))
    return client_of(settings)


def walked(client: TestClient, address: str) -> list[dict[str, Any]]:
    """Every page, from the first by the links to the last."""
    pages, following = [], address
    while following:
        answer = client.get(following)
        assert answer.status_code == 200, answer.text
        pages.append(answer.json())
        following = answer.links.get("next", {}).get("url", "")
        assert len(pages) < 100
    return pages


def rows_of(report: dict[str, Any]) -> dict[str, list[Any]]:
    return {site["site"]: [row for section in site["sections"] for row in section["rows"]] for site in report["sites"]}


@pytest.mark.parametrize(("page", "section"), NAMED)
def test_the_pages_of_a_section_are_its_rows_in_order(shop: TestClient, page: str, section: str) -> None:
    address = f"/api/v1/pages/{page}/{section}?{DAYS}&compare=previous"
    whole = shop.get(f"{address}&limit=1000").json()
    assert [one["name"] for one in whole["sites"][0]["sections"]] in ([section], [])
    for limit in (3, 7):
        pages = walked(shop, f"{address}&limit={limit}")
        for site, rows in rows_of(whole).items():
            assert [row for one in pages for row in rows_of(one)[site]] == rows
        in_all = [[of["rows_in_all"] for site in one["sites"] for of in site["sections"]] for one in pages]
        assert all(counts == in_all[0] for counts in in_all)


def test_the_order_has_ties_and_pages_were_turned(shop: TestClient) -> None:
    turned = {}
    for page, section in NAMED:
        address = f"/api/v1/pages/{page}/{section}?{DAYS}"
        (site, _) = shop.get(f"{address}&limit=1000").json()["sites"]
        for one in site["sections"]:
            first = one["figures"][0]["name"]
            figures = [row["values"][first]["value"] for row in one["rows"]]
            if len(set(figures)) < len(figures) and len(walked(shop, f"{address}&limit=3")) > 2:
                turned[page, section] = len(figures)
    assert {section for _, section in turned} >= {
        "products", "categories", "searches", "events", "pages", "not_found", "statuses", "countries", "devices", "channels",
        "sources", "bots", "ai_crawlers", "ai_assistants", "server_errors",
    }, turned  # fmt: skip
    assert {page for page, _ in turned} == set(PAGES)


def test_a_page_after_some_rows_is_what_the_report_says(shop: TestClient, settings_of_shop: Settings) -> None:
    question = Question(Span(EVE, DAY), limit=2, offset=3)
    told = as_object(make_report(settings_of_shop, question))
    for page, sections in PAGES.items():
        shown = shop.get(f"/api/v1/pages/{page}?{DAYS}&limit=2&offset=3")
        assert shown.links["next"]["url"] == f"/api/v1/pages/{page}?{DAYS}&limit=2&offset=5"
        for site, of in zip(told["sites"], shown.json()["sites"], strict=True):
            known = {one["name"]: one for one in site["sections"]}
            assert [one for one in of["sections"] if one["name"] in known] == [
                known[section.name] for section in sections if section.name in known
            ]


def test_after_the_last_row_there_is_none_and_their_number_is_known(shop: TestClient) -> None:
    answer = shop.get(f"/api/v1/pages/traffic/countries?{DAYS}&limit=5&offset=1000")
    assert [(one["rows"], one["rows_in_all"]) for site in answer.json()["sites"] for one in site["sections"]] == [
        ([], 8),
        ([], 8),
    ]
    assert "link" not in answer.headers


def test_a_series_stands_whole_on_the_first_page_and_on_no_other(shop: TestClient) -> None:
    for offset, days in ((0, [str(EVE), str(DAY)]), (1, [])):
        series = shop.get(f"/api/v1/pages/traffic/traffic_days?{DAYS}&limit=1&offset={offset}").json()
        assert [row["dimensions"]["window_date"] for row in rows_of(series)["shop"]] == days


def test_a_published_report_is_turned_as_far_as_its_rows_were_kept(settings: Settings) -> None:
    warehouse = Warehouse(settings)
    rows = [request(f"/{n:03}") for n in range(130)]
    warehouse.stream(rows)
    warehouse.recompute(rows)
    warehouse.publish(noon(days_after(1)), live_requests=130)
    warehouse.keep()
    address = f"/api/v1/pages/traffic/pages?from={DAY}&as_of={days_after(2)}T00:00&limit=30"
    pages = walked(client_of(settings), address)
    assert [len(rows_of(one)["shop"]) for one in pages] == [30, 30, 30, 10]
    paths = [row["dimensions"]["path"] for one in pages for row in rows_of(one)["shop"]]
    assert paths == [f"/{n:03}" for n in range(100)]


def test_a_link_keeps_the_whole_question(shop: TestClient) -> None:
    address = f"/api/v1/pages/traffic/countries?{DAYS}&where=country%3D&where=country%3DC1&site=shop&limit=1"
    following = shop.get(address).links["next"]["url"]
    assert following == f"{address}&offset=1"
    pages = walked(shop, address)
    assert [[row["dimensions"]["country"] for row in rows_of(one)["shop"]] for one in pages] == [["C1"], [None]]
    assert {str(one["filters"]) for one in pages} == {
        str([{"dimension": "country", "values": [None, "C1"], "negated": False}])
    }


@pytest.mark.parametrize(
    ("address", "status", "sentence"),
    [
        (f"pages/traffic/orders?{DAYS}", 404, "The page traffic has no section 'orders': use traffic, traffic_days,"),
        (f"pages/nothing/orders?{DAYS}", 404, "There is no page 'nothing'"),
        (f"pages/traffic/pages?{DAYS}&offset=-1", 400, "offset: Input should be greater than or equal to 0"),
        (f"pages/traffic/pages?{DAYS}&offset={10**30}", 400, "offset: Input should be"),
        (f"anomalies?{DAYS}&limit=1001", 400, "limit: Input should be less than or equal to 1000"),
        (f"anomalies?{DAYS}&limit=0", 400, "limit: Input should be greater than or equal to 1"),
    ],
)
def test_what_cannot_be_turned_is_answered_in_a_sentence(
    shop: TestClient, address: str, status: int, sentence: str
) -> None:
    answer = shop.get(f"/api/v1/{address}")
    assert (answer.status_code, answer.json()["detail"][: len(sentence)]) == (status, sentence)


def write_anomalies(settings: Settings, table: str, rows: list[dict[str, Any]]) -> None:
    made = pa.Table.from_pylist(rows, schema=arrow_schema(GOLD_ANOMALY))
    write_deltalake(str(settings.warehouse / table), made, partition_by=["event_date"], mode="append")


def test_anomalies_of_one_minute_are_turned_in_one_order_whatever_their_files(settings: Settings) -> None:
    usual = {
        "site": "shop", "event_date": DAY, "window_start": noon(), "window_end": noon(minute=5), "kind": "visitor",
        "pattern": "flood", "metric": "requests", "severity": "warning", "expected": 1.0, "lower": 0.0, "upper": 2.0,
    }  # fmt: skip
    rows = [{**usual, "subject": f"a{n}", "actual": float(n), "why": f"why {n}"} for n in range(17)]
    rows += [{**usual, "site": f"site{n % 3}", "kind": "series", "subject": None, "why": f"{n}"} for n in range(6)]
    rows += [{**usual, "window_start": noon() - timedelta(minutes=n), "severity": "critical"} for n in range(3)]
    write_anomalies(settings, GOLD_ANOMALY_LIVE.name, rows)
    client = client_of(settings)
    address = f"/api/v1/anomalies?from={DAY}"
    whole = client.get(address)
    assert (whole.json()["anomalies_in_all"], "link" in whole.headers) == (26, False)
    expected = whole.json()["anomalies"]
    assert [row["severity"] for row in expected[:2]] == ["critical", "warning"]
    for limit in (1, 4, 13):
        pages = walked(client, f"{address}&limit={limit}")
        assert [row for one in pages for row in one["anomalies"]] == expected
        assert [len(one["anomalies"]) for one in pages[:-1]] == [limit] * (len(pages) - 1)
    # The same rows, in other files and another order.
    shuffled = pl.Series(range(26)).shuffle(seed=1)
    other = Settings(home=settings.home / "other", host="web1")
    for n in shuffled:
        write_anomalies(other, GOLD_ANOMALY_LIVE.name, [rows[n]])
    assert client_of(other).get(address).json()["anomalies"] == expected
