"""What is shown of this hour and the one before, of the day's orders and of the newest lines."""

from __future__ import annotations

import random
import shutil
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import write_deltalake

from dashboard.read_model import LiveReadModel
from dashboard.read_model.recent import Recent, RecentFiles
from dashboard.read_model.recent_lines import RecentLines
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE
from shoplog.settings import Settings
from shoplog.transforms.open_sessions import open_sessions
from tests.dashboard.test_figures import after, figures, rows, traffic, visitor
from tests.streaming.records import Batches, line, value

HOUR = timedelta(hours=1)


def row(family: str, start: datetime, site: str = "shop", **more: Any) -> dict[str, Any]:
    return {"family": family, "site": site, "window_start": start, "window_date": start.date(), **more}


def table(name: str, *given: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = figures(traffic(after(0), 1), *given)["tables"][name]
    return found


def test_an_order_counts_once_and_revenue_is_added_up_by_currency() -> None:
    orders = (
        row("orders", after(0), order_id="A", confirmations=1, order_value=Decimal("10.10")),
        row("orders", after(0), order_id="A", confirmations=3, order_value=Decimal("10.10")),
        row("orders", after(0), order_id="B", confirmations=1, order_value=Decimal("5.05")),
        row("orders", after(0), order_id="C", confirmations=1, order_value=None),
        row("orders", after(0), order_id="A", site="other", confirmations=1, order_value=Decimal("7.00")),
        row("orders", after(-24 * 60), order_id="D", confirmations=1, order_value=Decimal("99.00")),
    )
    assert figures(traffic(after(0), 1), *orders)["today"] == {
        "orders": 4,
        "orders_without_value": 1,
        "revenue": [{"currency": "EUR", "value": "15.15"}, {"currency": "USD", "value": "7.00"}],
    }


def test_tables_are_of_this_hour_and_the_one_before() -> None:
    old, before, now = after(0) - 2 * HOUR, after(0) - HOUR, after(0)
    of = [
        row("products", start, item_id="1", item_views=views, cart_adds=1)
        for start, views in ((old, 9), (before, 2), (now, 1))
    ]
    assert table("products", *of) == [
        {"item_id": "1", "item_category": None, "item_views": 3, "cart_adds": 2, "change": None}
    ]
    countries = [
        row("countries", now, country=name, requests=n, page_views=1) for name, n in (("DE", 2), ("FR", 2), (None, 5))
    ]
    assert [one["country"] for one in table("countries", *countries)] == [None, "DE", "FR"]
    people = row("bots", now, traffic_type="Regular", requests=50)
    crawler = row("bots", now, traffic_type="AI Agent", bot_name="GPTBot", bot_category="ai", requests=3)
    assert [(one["bot_name"], one["requests"]) for one in table("bots", people, crawler)] == [("GPTBot", 3)]
    errors = [row("errors", now, http_status=404, path="/" + "x" * 999, referrer=n, requests=1) for n in ("a", "b")]
    assert table("errors", *errors) == [{"http_status": 404, "path": "/" + "x" * 199 + "…", "requests": 2}]


@pytest.mark.parametrize(
    ("minutes", "now", "change"),
    # 60 in the hour before are one a minute; an hour that has just begun says nothing.
    [(3, 30, None), (10, 20, 1.0), (30, 30, 0.0), (30, 15, -0.5), (59, 0, -1.0)],
)
def test_the_change_is_this_hours_rate_beside_that_of_the_hour_before(
    minutes: int, now: int, change: float | None
) -> None:
    pages = [row("pages", after(0), path="/a", requests=now), row("pages", after(0) - HOUR, path="/a", requests=60)]
    pages += [row("pages", after(0), path="/new", requests=1)]
    made = figures(traffic(after(minutes - 1), 1), *pages, at=after(minutes))["tables"]["pages"]
    assert {one["path"]: one["change"] for one in made} == {"/a": change, "/new": None}


def test_slow_pages_have_ten_timed_requests() -> None:
    def timed(path: str, bucket: int, n: int) -> dict[str, Any]:
        return row(
            "pages", after(0), path=path, requests=n, duration_histogram=[n if i == bucket else 0 for i in range(15)]
        )

    rows = (timed("/slow", 10, 6), timed("/slow", 10, 6), timed("/few", 12, 9), timed("/fast", 2, 100))
    made = table("slow_pages", *rows)
    assert [(one["path"], one["timed_requests"]) for one in made] == [("/slow", 12), ("/fast", 100)]
    assert made[0]["duration_p95_ms"] > 500 > 5 > made[1]["duration_p95_ms"]


def test_bots_and_errors_of_now() -> None:
    minutes = [traffic(after(n), 100, 10) | {"bot_requests": 60} for n in range(10)]
    made = figures(*minutes)
    assert (made["requests_per_s"], made["bot_requests_per_s"], made["error_ratio_5m"]) == (1.67, 1.0, 0.1)


def test_open_sessions_need_half_an_hour_of_minutes_only() -> None:
    chosen, counts = random.Random(7), []
    for _ in range(50):
        # From minute 0 on, a new day, each visitor has a new id and the one before beside it.
        met = [(chosen.choice("abcdef"), chosen.randrange(-300, 60)) for _ in range(40)]
        seen = [
            visitor(f"new {who}" if minute >= 0 else who, after(minute))
            | {"visitor_id_prev": who if minute >= 0 else f"older {who}"}
            for who, minute in met
        ]
        now = chosen.randrange(0, 60)
        every = pl.DataFrame(seen, infer_schema_length=None).filter(pl.col("window_start") <= after(now))
        made = figures(traffic(after(now), 1), *seen, at=after(now + 1) - timedelta(seconds=1))
        assert made["open_sessions"] == open_sessions(every, after(now)).height
        counts.append(made["open_sessions"])
    assert max(counts) > 3


def test_the_newest_lines_are_shown_without_what_somebody_typed(spark: Any, settings: Settings) -> None:
    batches = Batches(spark, settings)
    batches.send({0: [value(line("203.0.113.7", n, f"/item/10{n}"), n * 1000) for n in range(30)]})
    typed = ("/search?q=my+secret", "/user/13812345678/orders?mail=a%40b.de", "/find/John%20Doe", "/mail/a%2540b.de")
    batches.send({0: [value(line("203.0.113.7", 50 + n, path), 90_000 + n) for n, path in enumerate(typed)]})
    lines = LiveReadModel(settings).snapshot()["lines"]
    shown = ["/mail/{text}", "/find/{text}", "/user/{id}/orders", "/search", *["/item/{id}"] * 6]
    assert [one["path_template"] for one in lines] == shown
    assert not {"raw", "url", "path", "visitor_id", "user_agent", "referrer"} & lines[0].keys()
    assert "203.0.113" not in str(lines)
    assert LiveReadModel(settings, ["another"]).snapshot()["lines"] == []


def test_lines_are_shown_as_far_back_as_the_log_is_kept(spark: Any, settings: Settings) -> None:
    batches = Batches(spark, settings)
    for n in range(3):
        batches.send({0: [value(line("203.0.113.7", n, "/a"), n * 1000)]})
    log = settings.warehouse / BRONZE_ACCESS_LOG.name / "_delta_log"
    for entry in sorted(log.glob("*.json"))[:-2]:
        entry.unlink()
    assert len(RecentLines(settings, pl.lit(True)).read()) == 2


def test_a_file_without_anything_recent_is_not_read_again(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(settings.warehouse / GOLD_PARTIAL_LIVE.name)
    write_deltalake(path, rows(visitor("a", after(-120))))
    write_deltalake(path, rows(traffic(after(0), 1)), mode="append")
    model, read, reads = LiveReadModel(settings), RecentFiles._read, list[Path]()

    def counted(files: RecentFiles, file: Path, newest: datetime) -> Recent:
        reads.append(file)
        return read(files, file, newest)

    monkeypatch.setattr(RecentFiles, "_read", counted)
    for n in range(3):
        write_deltalake(path, rows(traffic(after(n), 1)), mode="append")
        assert model.snapshot()["open_sessions"] == 0
    assert len(reads) == len(set(reads)) == 5


def test_a_broken_site_file_does_not_take_the_figures(settings: Settings, tmp_path: Path) -> None:
    sites = tmp_path / "sites"
    shutil.copytree(settings.sites_dir, sites)
    own = settings.model_copy(update={"sites_dir": sites})
    order = row("orders", after(0), order_id="A", confirmations=1, order_value=Decimal("1.50"))
    path = str(own.warehouse / GOLD_PARTIAL_LIVE.name)
    write_deltalake(path, rows(traffic(after(0), 1), order))
    model, expected = LiveReadModel(own), [{"currency": "EUR", "value": "1.50"}]
    assert model.snapshot()["today"]["revenue"] == expected
    (sites / "shop.toml").write_text("name = ")
    write_deltalake(path, rows(traffic(after(0), 1)), mode="append")
    snapshot = model.snapshot()
    assert (snapshot["status_mix"]["2xx"], snapshot["today"]["revenue"]) == (2, expected)
