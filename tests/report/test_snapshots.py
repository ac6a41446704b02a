"""What was published stays readable as it was: kept reports, when they answer, and the difference with now."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jobs.report import AGAINST_NOW, make_report
from shoplog import cli
from shoplog.report.as_html import to_html
from shoplog.report.as_json import as_object
from shoplog.report.as_text import to_text
from shoplog.report.model import Report, Row, SiteReport, Value
from shoplog.report.question import Question, Span
from shoplog.report.stored import site_of, stored_rows
from shoplog.settings import Settings
from tests.report.test_shown import report as written_by_hand
from tests.report.warehouse import DAY, Warehouse, noon, request

NIGHT = datetime(2026, 11, 21, 2, tzinfo=UTC)
NEXT = NIGHT + timedelta(days=1)
MINUTE = timedelta(minutes=1)
THEN = Question(Span(DAY, DAY), as_of=NIGHT + MINUTE)
BESIDE_NOW = replace(THEN, sides=AGAINST_NOW)


def bought(order: str, value: str, path: str = "/thanks") -> dict[str, object]:
    return request(path, event_name="purchase", order_id=order, value=Decimal(value))


@pytest.fixture
def shop(settings: Settings) -> Warehouse:
    """Published and kept with two orders and a page /a, a night later with three orders and a page /b instead."""
    made = Warehouse(settings)
    made.recompute([request("/a"), bought("1", "10.00"), bought("2", "20.50")])
    made.nightly("silver_request", [{"rules_version": 2, "path": "/a"}])
    made.publish(NIGHT)
    made.keep()
    made.recompute([request("/b"), bought("1", "10.00"), bought("2", "20.50"), bought("3", "5.00")])
    made.nightly("silver_request", [{"rules_version": 1002, "path": "/a"}])
    made.publish(NEXT)
    made.keep()
    return made


def section(report: Report, name: str) -> dict[tuple[object, ...], dict[str, Value]]:
    """A section's values by their row's dimensions."""
    (found,) = (one for one in report.sites[0].sections if one.name == name)
    names = [figure.name for figure in found.figures]
    return {row.dimensions: dict(zip(names, row.values, strict=True)) for row in found.rows}


def orders(report: Report) -> int:
    value = section(report, "orders")[()]["orders"].value
    assert isinstance(value, int)
    return value


def test_a_kept_site_comes_back_as_it_was() -> None:
    made = written_by_hand("/a", "/b", None, compare=False)
    (site,) = made.sites
    rows = stored_rows(made, site)
    assert [(row["section"], row["left_out"]) for row in rows] == [
        ("traffic", None), ("orders", None), ("not_found", None), ("bots", "no path"), ("events", "no path"),
    ]  # fmt: skip

    def plain(of: SiteReport) -> object:
        bare = [(one.name, one.title, one.status, one.dimensions, one.rows_in_all) for one in of.sections]
        values = [[Row(r.dimensions, tuple(Value(v.value) for v in r.values)) for r in s.rows] for s in of.sections]
        return of.site, of.currency, of.status, of.days, bare, values

    back, out = site_of(rows, site.snapshot, limit=100)  # type: ignore[arg-type]
    assert plain(back) == plain(site)
    assert [left.section for left in out] == ["bots", "events"]
    assert [len(one.rows) for one in site_of(rows, site.snapshot, limit=2)[0].sections] == [1, 1, 2]  # type: ignore[arg-type]


def test_a_moment_is_answered_by_the_newest_publication_before_it_even_where_its_tables_are_gone(
    shop: Warehouse,
) -> None:
    before = as_object(make_report(shop.settings, THEN))
    for table in ("gold_traffic_1m", "gold_orders_1d", "gold_pages_1h"):
        shutil.rmtree(shop.settings.warehouse / table)
    then = make_report(shop.settings, THEN)
    assert as_object(then) == before
    (site,) = then.sites
    assert (orders(then), site.status, site.days[0].published_at) == (2, "final", NIGHT)
    of = site.snapshot
    assert of is not None
    assert (of.published_at, of.cause, of.rules_versions) == (NIGHT, "nightly", (2,))
    assert of.table_versions["gold_orders_1d"] == 0
    assert (
        orders(make_report(shop.settings, replace(THEN, as_of=NEXT - MINUTE))),
        orders(make_report(shop.settings, replace(THEN, as_of=NEXT))),
    ) == (2, 3)
    assert "read of the snapshot of 2026-11-21 02:00:00 UTC (nightly, rules 2)" in to_text(then)
    assert "read of the snapshot of 2026-11-21 02:00:00 UTC (nightly, rules 2)" in to_html(then)


def test_what_a_snapshot_cannot_answer_is_read_of_pinned_versions_and_says_so(shop: Warehouse) -> None:
    told = "no snapshot: read of the versions that were pinned or live at that moment"
    week = replace(THEN, span=Span(DAY - timedelta(days=6), DAY))
    for question in (week, replace(THEN, compare=Span(DAY, DAY))):
        made = make_report(shop.settings, question)
        assert (orders(made), made.sites[0].snapshot) == (2, None)
        assert told in to_text(made)
    assert told not in to_text(make_report(shop.settings, Question(Span(DAY, DAY))))
    # Published again and not kept: the older snapshot is not what was shown.
    shop.recompute([bought("1", "10.00")])
    shop.publish(NEXT + MINUTE)
    made = make_report(shop.settings, replace(THEN, as_of=NEXT + MINUTE))
    assert (orders(made), made.sites[0].snapshot) == (1, None)


def test_each_site_is_answered_by_what_there_is_of_it(shop: Warehouse) -> None:
    other = [{**request("/a"), "site": "other"}]
    shop.recompute([*other, bought("1", "10.00")])
    shop.publish(NIGHT, site="other")
    other_site, site = make_report(shop.settings, THEN).sites
    assert (other_site.site, other_site.snapshot, site.site) == ("other", None, "shop")
    assert site.snapshot is not None
    (alone,) = make_report(shop.settings, THEN, ["shop"]).sites
    assert alone == site


def test_a_live_day_is_read_of_its_history_and_of_what_was_kept_once_that_is_gone(settings: Settings) -> None:
    shop = Warehouse(settings)
    today = datetime.now(UTC).replace(microsecond=0)
    hours_ago, long_ago = today - timedelta(hours=2), today - timedelta(days=3)
    for moment in (long_ago, hours_ago):
        day = moment.date()
        shop.stream([request(event_time=noon(day))] * 2, at=moment)
        shop.keep(day, moment, "hourly")
        shop.stream([request(event_time=noon(day))], at=moment + MINUTE)
        question = Question(Span(day, day), as_of=moment + 2 * MINUTE)
        (site,) = make_report(settings, question).sites
        requests = site.sections[0].rows[0].values[0].value
        assert (site.status, requests) == ("provisional", 2 if moment is long_ago else 3)
        assert (site.snapshot is not None) == (moment is long_ago)


def test_each_figure_stands_beside_what_it_was_then(shop: Warehouse) -> None:
    made = make_report(shop.settings, BESIDE_NOW)
    figures = section(made, "orders")[()]
    assert figures["orders"] == Value(3, 2, 1, 50.0)
    assert [str(number) for number in (figures["revenue"].value, figures["revenue"].previous)] == ["35.50", "30.50"]
    # A page that is shown by its views alone may have had other requests then: unknown, not 0.
    pages = section(made, "pages")
    assert pages[("/b",)]["page_views"] == Value(1, None)
    assert pages[("/a",)]["page_views"] == Value(None, 1)
    assert section(made, "statuses")[(200,)]["requests"] == Value(4, 3, 1, 33.33)
    text = to_text(made)
    assert text.startswith("shoplog report: 2026-11-20 (UTC), now, as known at 2026-11-21 02:01:00 UTC\n")
    lines = [line.split() for line in text.splitlines()]
    assert ["figure", "now", "then", "change"] in lines
    assert ["orders", "3", "2", "+1", "+50.0", "%"] in lines
    assert ["200", "3", "->", "4", "(+1)"] in lines
    assert "then: 2026-11-20 final, published 2026-11-21 02:00 UTC" in text
    assert "3 -&gt; 4 (+1)" in to_html(made)
    made_json = as_object(made)
    assert made_json["sides"] == {"value": "now", "previous": "then"}
    assert made_json["sites"][0]["snapshot"]["cause"] == "nightly"


def test_nothing_differs_beside_the_newest_publication(shop: Warehouse) -> None:
    made = make_report(shop.settings, replace(BESIDE_NOW, as_of=NEXT))
    values = [v for one in made.sites[0].sections for row in one.rows for v in row.values]
    assert values
    assert all(value.value == value.previous for value in values)


def test_the_command_compares_with_now(shop: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SHOPLOG_HOME", str(shop.settings.home))
    words = ["report", "--as-of", "2026-11-21T02:01", "--compare", "now", "--json"]
    made = json.loads(CliRunner().invoke(cli.app, words, catch_exceptions=False).output)
    sections = {one["name"]: one for one in made["sites"][0]["sections"]}
    assert sections["orders"]["rows"][0]["values"]["orders"] == {
        "value": 3, "previous": 2, "change": 1, "change_percent": 50.0,
    }  # fmt: skip
