"""What screens are told is what `shoplog report` says, whatever came between two questions, and costs new files only."""

from __future__ import annotations

import random
import shutil
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from deltalake import DeltaTable
from fastapi.testclient import TestClient

from dashboard.read_model import LiveReadModel
from dashboard.read_model.pages import PAGES, sections_of
from dashboard.read_model.rolled import RolledFiles
from dashboard.read_model.screens import ScreenReadModel
from dashboard.read_model.warm import warm
from dashboard.web.app import create_app
from jobs.report import Tables, report_of
from shoplog.contracts.sections import SECTIONS
from shoplog.contracts.tables import GOLD_PARTIAL_LIVE
from shoplog.errors import UserError
from shoplog.io.period import Period
from shoplog.io.transactions import paths_of
from shoplog.report.as_json import as_object
from shoplog.report.question import Filter, Question, Span, spans_of
from shoplog.settings import Settings
from tests.dashboard.browser import headers_of
from tests.report.warehouse import DAY, Warehouse, days_after, noon, request

NIGHT = datetime(2026, 11, 21, 2, tzinfo=UTC)
EVE = days_after(-1)
SESSION = {
    "session_id": "s1", "session_start": noon(), "visitor_id": "v1", "channel": "Direct", "device": "desktop", "pages": 3,
    "is_bounce": False, "is_engaged": True, "orders": 1, "carts_created": 1, "duration_s": 60, "entry_page": "/",
}  # fmt: skip


@pytest.fixture
def shop(settings: Settings) -> Warehouse:
    return Warehouse(settings)


def some(seed: int, count: int = 60) -> list[dict[str, Any]]:
    """Requests of two shops on two days, of people and bots, with events, orders and errors."""
    drawn = random.Random(seed)
    days = (DAY, EVE)

    def one() -> dict[str, Any]:
        path, status = drawn.choice(["/", "/cart", "/item/1", "/nothing"]), drawn.choice([200, 200, 404, 500])
        kind = drawn.choice(
            [{}, {}, {"traffic_type": "Bot", "bot_category": "search_crawler", "bot_name": "Googlebot"}]
        )
        event = drawn.choice(
            [
                {},
                {"event_name": "view_item", "item_id": "1", "item_category": "tea"},
                {"event_name": "purchase", "order_id": f"o{drawn.randrange(9)}", "value": Decimal("12.50")},
                {"channel": "Email", "source": "letter", "medium": "email", "campaign": "may"},
            ]
        )
        at = noon(drawn.choice(days), drawn.randrange(60)) - timedelta(hours=drawn.randrange(12))
        return request(
            path, status, event_time=at, site=drawn.choice(["shop", "outlet"]), visitor_id=f"v{drawn.randrange(20)}",
            duration_ms=drawn.uniform(0, 900), country=drawn.choice(["DE", "FR", None]), **kind, **event,
        )  # fmt: skip

    return [one() for _ in range(count)]


QUESTIONS = (
    Question(Span(DAY, DAY)),
    Question(Span(EVE, DAY), limit=3),
    Question(Span(DAY, DAY), compare=Span(EVE, EVE)),
    Question(Span(EVE, DAY), compare=Span(DAY, days_after(1))),
    Question(Span(EVE, DAY), compare=Span(EVE, DAY)),
    Question(Span(EVE, DAY), filters=(Filter("country", ("DE", None)),)),
    Question(Span(EVE, DAY), filters=(Filter("path", ("/cart",), negated=True), Filter("http_status", ("404",)))),
)


# One of each way that figures are made.
SHOWN = [
    section for section in SECTIONS if section.name in (
        "traffic", "orders", "sessions", "session_channels", "funnel", "attribution_first", "exact_visitors", "events",
        "products", "channels", "slow_pages", "statuses", "not_found", "hotlinks", "bots", "countries",
    )
]  # fmt: skip


def agree(model: ScreenReadModel, shop: Warehouse) -> None:
    for sites, question in zip(((), (), ("outlet",), (), (), (), ("shop",)), QUESTIONS, strict=True):
        days = [(span.first, span.last) for span in spans_of(question)]
        tables = Tables(Period(shop.settings, days))
        said = report_of(tables, shop.settings, question, sites, SHOWN)
        assert as_object(model.report(question, sites, SHOWN)) == as_object(said), (question, sites)


def test_screens_say_what_the_report_says_whatever_comes_between(shop: Warehouse) -> None:
    lines = some(1)
    shop.stream(lines)
    model = ScreenReadModel(shop.settings)
    agree(model, shop)
    shop.stream(some(2))
    agree(model, shop)
    of_eve = [line for line in lines if line["event_date"] == EVE]
    shop.recompute(of_eve, EVE)
    shop.nightly("silver_session", [SESSION], EVE)
    shop.publish(NIGHT, EVE, live_requests=len(of_eve))
    agree(model, shop)
    # Published for the other site as well, then anew, with other figures.
    shop.publish(NIGHT, EVE, live_requests=9, site="outlet")
    agree(model, shop)
    shop.recompute(of_eve[5:], EVE)
    shop.nightly("silver_session", [SESSION, {**SESSION, "session_id": "s2", "channel": "Email"}], EVE)
    agree(model, shop)
    shop.publish(NIGHT + timedelta(hours=1), EVE, live_requests=len(of_eve))
    agree(model, shop)
    DeltaTable(str(shop.settings.warehouse / GOLD_PARTIAL_LIVE.name)).optimize.compact()
    agree(model, shop)


def test_a_file_that_two_sites_have_at_different_versions_counts_once(shop: Warehouse) -> None:
    lines = some(3)
    of_day = [line for line in lines if line["event_date"] == DAY]
    shop.stream(lines)
    shop.recompute(of_day)
    shop.publish(NIGHT, live_requests=len(of_day))
    # Another day is recomputed, then the other site is published: a later version, the same file.
    shop.recompute([line for line in lines if line["event_date"] == EVE], EVE)
    shop.publish(NIGHT, live_requests=len(of_day), site="outlet")
    agree(ScreenReadModel(shop.settings), shop)


@pytest.mark.parametrize("commits", [1, 2, 4])
def test_a_table_that_is_made_anew_is_read_anew(shop: Warehouse, commits: int) -> None:
    def fill(seed: int, count: int) -> None:
        lines = some(seed)
        for part in range(count):
            shop.stream(lines[part::count])
        shop.recompute([line for line in lines if line["event_date"] == EVE], EVE)
        shop.publish(NIGHT, EVE, live_requests=9)

    fill(4, 2)
    model, live = ScreenReadModel(shop.settings), LiveReadModel(shop.settings)
    agree(model, shop)
    assert live.snapshot()["has_lines"]
    shutil.rmtree(shop.settings.warehouse)
    if commits == 4:
        assert not live.snapshot()["has_lines"]
    fill(5, commits)
    agree(model, shop)
    assert live.snapshot()["status_mix"] == LiveReadModel(shop.settings).snapshot()["status_mix"]


def test_folders_above_the_home_say_nothing_of_its_tables(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "site=shop/country=x/window_date=never/event_date=no/home", host="web1")
    shop = Warehouse(settings)
    lines = some(6)
    shop.stream(lines)
    shop.recompute([line for line in lines if line["event_date"] == EVE], EVE)
    shop.publish(NIGHT, EVE, live_requests=9)
    agree(ScreenReadModel(settings), shop)


def test_a_sites_new_currency_is_shown_at_once(shop: Warehouse, tmp_path: Path) -> None:
    sites = tmp_path / "sites"
    shutil.copytree(shop.settings.sites_dir, sites)
    settings = shop.settings.model_copy(update={"sites_dir": sites})
    shop.stream(some(1))
    model = ScreenReadModel(settings)

    def currency() -> str | None:
        report = model.report(Question(Span(EVE, DAY)), ("shop",), SHOWN)
        return report.sites[0].currency

    assert currency() == "EUR"
    (file,) = (path for path in sites.glob("*.toml") if 'name = "shop"' in path.read_text())
    text = file.read_text()
    file.write_text(text.replace('"EUR"', '"CHF"') if '"EUR"' in text else text + '\ncurrency = "CHF"\n')
    assert currency() == "CHF"


def test_a_second_question_reads_no_file_again(shop: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    once = RolledFiles._read

    def counted(self: RolledFiles, rolling: Any, paths: Any, is_live: bool) -> Any:
        read.extend(path for path in paths if path)
        return once(self, rolling, paths, is_live)

    monkeypatch.setattr(RolledFiles, "_read", counted)
    shop.stream(some(1))
    model = ScreenReadModel(shop.settings)
    asked = Question(Span(EVE, DAY))
    model.report(asked, (), SHOWN)
    assert len(set(read)) == 2
    first = set(read)
    read.clear()
    model.report(Question(Span(DAY, DAY)), (), SHOWN)
    assert not read
    shop.stream(some(2))
    model.report(asked, (), SHOWN)
    assert len(set(read) - first) == 2
    assert not set(read) & first


def test_once_warm_the_pages_read_no_file(shop: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    today = datetime.now(UTC).date()
    lines = [{**line, "event_date": today, "event_time": noon(today)} for line in some(1)]
    shop.stream(lines)
    with TestClient(create_app(shop.settings), headers=headers_of(shop.settings)) as client:
        (reading,) = (thread for thread in threading.enumerate() if thread.name == "warm")
        reading.join()

        def never(*_: Any, **__: Any) -> Any:
            raise AssertionError("a file is read that was read before")

        monkeypatch.setattr(RolledFiles, "_read", never)
        for page, days in ((page, days) for page in PAGES for days in (1, 7)):
            first = today - timedelta(days=days - 1)
            assert client.get(f"/api/v1/pages/{page}?from={first}&to={today}").status_code == 200


def test_there_is_nothing_to_warm_before_the_first_line_and_none_is_begun_once_it_stops(shop: Warehouse) -> None:
    stopping = threading.Event()
    model = ScreenReadModel(shop.settings)
    warm(LiveReadModel(shop.settings), model, stopping)
    today = datetime.now(UTC).date()
    shop.stream([request(event_time=noon(today))])
    stopping.set()
    warm(LiveReadModel(shop.settings), model, stopping)
    assert not model._answers
    stopping.clear()
    warm(LiveReadModel(shop.settings), model, stopping)
    assert len(model._answers) == len({section for page in PAGES for section in sections_of(page, 1)})


def test_files_that_are_gone_are_forgotten(shop: Warehouse) -> None:
    for seed in range(5):
        shop.stream(some(seed))
    model = ScreenReadModel(shop.settings)
    model.report(Question(Span(EVE, DAY)), (), SHOWN)
    DeltaTable(str(shop.settings.warehouse / GOLD_PARTIAL_LIVE.name)).optimize.compact()
    model.report(Question(Span(EVE, DAY)), (), SHOWN)
    known = {path for files in model._rolled._known.values() for path in files}
    table = DeltaTable(str(shop.settings.warehouse / GOLD_PARTIAL_LIVE.name))
    assert known == {"", *map(str, paths_of(table))}


def test_a_damaged_table_is_an_error_and_not_an_empty_page(shop: Warehouse) -> None:
    shop.stream(some(1))
    for path in Path(shop.settings.warehouse / GOLD_PARTIAL_LIVE.name).rglob("*.parquet"):
        path.unlink()
    with pytest.raises((duckdb.IOException, FileNotFoundError)):
        ScreenReadModel(shop.settings).report(Question(Span(EVE, DAY)), (), SHOWN)


def test_days_without_a_line_are_said_to_have_none(shop: Warehouse) -> None:
    model = ScreenReadModel(shop.settings)
    with pytest.raises(UserError, match="nothing was counted yet"):
        model.report(Question(Span(DAY, DAY)), (), SHOWN)
    shop.stream(some(1))
    with pytest.raises(UserError, match=f"days with lines lie between {EVE} and {DAY}"):
        model.report(Question(Span(days_after(9), days_after(9))), (), SHOWN)
