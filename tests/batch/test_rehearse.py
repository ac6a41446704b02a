"""A rehearsal shows what new rules would change, writes nothing, and foretells what the nightly makes of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from jobs.batch.publish import publish
from jobs.batch.recompute import recompute
from shoplog import cli
from shoplog.commands import rehearse as command
from shoplog.contracts.tables import TABLES
from shoplog.errors import UserError
from shoplog.io.commits import latest_version
from shoplog.io.query import run_sql
from shoplog.settings import REPOSITORY, Settings
from tests.batch.bronze_rows import Bronze, at, line

pytestmark = pytest.mark.spark
D19, D20, D21 = (date(2026, 11, day) for day in (19, 20, 21))
SALTS = {day: bytes([day.day]) * 32 for day in (D19, D20, D21)}
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SITE = (REPOSITORY / "sites/shop.toml").read_text(encoding="utf-8")
NEW = f"""{SITE}
rules_version = 3

[[rule]]
event = "purchase"
path = '/bought/(?P<order_id>[0-9]+)'
query = {{ value = "sum" }}

[[rule]]
event = "none"
path = '/category/hats'
"""


@pytest.fixture(scope="module")
def home(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Bronze of a day with an order that the present rules do not know; only the last test makes tables of it."""
    folder = tmp_path_factory.mktemp("rehearsed")
    sites = folder / "sites"
    sites.mkdir()
    (sites / "shop.toml").write_text(SITE, encoding="utf-8")
    made = Settings(home=folder / "home", host="web1", sites_dir=sites)
    bronze = Bronze(made, SALTS)
    urls = ((9, 0, "/"), (9, 5, "/category/hats"), (9, 10, "/bought/17?sum=12.50"), (9, 35, "/category/shoes"))
    sent = [line(at(20, hour, minute), url=url, agent=FIREFOX) for hour, minute, url in urls]
    sent += [line(at(20, 23, 55), url="/category/hats", agent=FIREFOX), line(at(21, 0, 5), url="/", agent=FIREFOX)]
    bronze.stream([(n * 300, body) for n, body in enumerate(sent)] + [(9000, b"nonsense")], at(21, 1))

    @contextmanager
    def shared(settings: Settings, application: str) -> Iterator[Any]:
        yield spark

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOPLOG_HOME", str(made.home))
        patch.setenv("SHOPLOG_SITES_DIR", str(sites))
        patch.setattr(command, "spark_session", shared)
        yield made


def rehearsed(*words: str) -> dict[str, Any]:
    made = CliRunner().invoke(cli.app, ["rehearse", "--date", "2026-11-20", *words, "--json"], catch_exceptions=False)
    return dict(json.loads(made.output))


def values(made: dict[str, Any], section: str) -> list[tuple[Any, ...]]:
    """Dimensions, figure, now and new of each figure of a section that differs."""
    found = [one for one in made["report"]["sites"][0]["sections"] if one["name"] == section]
    return [
        (tuple(row["dimensions"].values()), name, value["previous"], value["value"])
        for one in found
        for row in one["rows"]
        for name, value in row["values"].items()
        if value["previous"] != value["value"]
    ]


def versions(settings: Settings) -> dict[str, int | None]:
    return {table: latest_version(settings.warehouse / table) for table in TABLES}


def test_new_rules_are_shown_beside_the_present_ones_and_no_table_is_written(home: Settings, tmp_path: Path) -> None:
    before, files = versions(home), sorted(home.warehouse.rglob("*"))
    new = tmp_path / "new.toml"
    new.write_text(NEW, encoding="utf-8")
    made = rehearsed("--rules", str(new))
    assert versions(home) == before
    assert sorted(home.warehouse.rglob("*")) == files

    assert (made["lines"], made["changed_lines"]) == (5, 3)
    assert made["rules_versions"] == {"shop": {"now": 2, "new": 3002}}
    assert made["changes"] == [
        {"what": "event_name", "site": "shop", "now": "view_item_list", "new": "none", "lines": 2},
        {"what": "event_name", "site": "shop", "now": "none", "new": "purchase", "lines": 1},
    ]
    examples = [(row["path"], row["event_name_now"], row["event_name_new"], row["lines"]) for row in made["examples"]]
    assert examples == [("/category/hats", "view_item_list", "none", 2), ("/bought/17", "none", "purchase", 1)]
    assert values(made, "orders") == [
        ((), "orders", 0, 1), ((), "revenue", None, "12.50"), ((), "average_order_value", None, "12.50"),
        ((), "confirmations", 0, 1),
    ]  # fmt: skip
    assert set(values(made, "events")) >= {(("view_item_list",), "events", 3, 1), (("purchase",), "events", 0, 1)}
    assert ((), "revenue", None, "12.50") in values(made, "sessions")
    assert ((4, "purchase"), "sessions", 0, 1) in values(made, "funnel_flexible") or values(made, "funnel") == []
    assert {"traffic", "pages", "devices"} <= set(made["equal"])

    text = CliRunner().invoke(cli.app, ["rehearse", "--date", "2026-11-20", "--rules", str(new)]).output
    assert "shop: rules 2 now, 3002 new; session gap 30 minutes now, 30 new" in text
    assert "  shop /bought/17: none -> purchase (1 lines)" in text
    assert ["figure", "new", "now", "change"] in [row.split() for row in text.splitlines()]


def test_another_session_gap_and_another_rule_set_are_rehearsed_too(home: Settings, tmp_path: Path) -> None:
    gap = rehearsed("--session-gap-min", "20")
    assert (gap["changed_lines"], gap["session_gap_min"]) == (0, {"now": 30, "new": 20})
    assert ((), "sessions", 2, 3) in values(gap, "sessions")
    assert "events" in gap["equal"]

    rules = tmp_path / "demo.toml"
    rules.write_text("version = 9\n[[rule]]\nevent = 'view_item'\npath = '/category/[a-z]+'\n", encoding="utf-8")
    made = rehearsed("--rules", str(rules))
    assert made["rules_versions"] == {"shop": {"now": 2, "new": 9}}
    assert made["changes"] == [
        {"what": "event_name", "site": "shop", "now": "view_item_list", "new": "view_item", "lines": 3}
    ]


def test_another_list_of_bots_is_rehearsed_too(home: Settings, tmp_path: Path) -> None:
    bots = tmp_path / "bots.json"
    bots.write_text(json.dumps([{"pattern": "Gecko", "tags": ["seo"], "instances": [FIREFOX]}]), encoding="utf-8")
    made = rehearsed("--bots", str(bots))
    assert (made["lines"], made["changed_lines"]) == (5, 5)
    assert made["changes"] == [
        {"what": "traffic_type", "site": "shop", "now": "Regular", "new": "Bot", "lines": 5},
        {"what": "bot_name", "site": "shop", "now": "none", "new": "Gecko", "lines": 5},
    ]
    assert [value for value in values(made, "sessions") if value[1] == "sessions"] == [((), "sessions", 2, 0)]


def test_what_cannot_be_rehearsed_is_one_sentence(home: Settings, tmp_path: Path) -> None:
    wrong, other = tmp_path / "wrong.toml", tmp_path / "other.toml"
    wrong.write_text(NEW.replace("'/category/hats'", "'/category/('"), encoding="utf-8")
    other.write_text(SITE.replace('"shop"', '"other"'), encoding="utf-8")
    bad_set = tmp_path / "set.toml"
    bad_set.write_text("version = 1\n\n[[rule]]\nevent = 'bought'\npath = '/'\n", encoding="utf-8")
    bots = tmp_path / "bots.json"
    bots.write_text('[{"pattern": "a", "tags": ["seo"]}, {"pattern": "b", "tags": ["robot"]}]', encoding="utf-8")
    for words, sentence in (
        ((), "There is nothing to rehearse: give --rules FILE, --bots FILE or --session-gap-min N"),
        (("--rules", str(tmp_path / "absent.toml")), "absent.toml is not valid TOML"),
        (("--bots", str(tmp_path / "absent.json")), "absent.json cannot be read: No such file or directory"),
        (("--bots", str(wrong)), "wrong.toml: Invalid JSON"),
        (("--bots", str(bots)), r"bots.json, entry 2, tags: none of \['robot'\] is known: use one of ai-crawler, "),
        (("--rules", str(wrong)), r"wrong.toml, line 20: pattern '/category/\(' does not run"),
        (("--rules", str(bad_set)), "set.toml, line 3: event 'bought' is unknown"),
        (("--rules", str(other)), "is of site 'other', which is unknown: name one of shop with --site"),
        (("--session-gap-min", "20", "--site", "other"), "There is no site 'other': use one of shop"),
        (
            ("--session-gap-min", "20", "--date", "2026-11-01"),
            "2026-11-01 has no lines of shop: name a day that has some",
        ),
    ):
        with pytest.raises(UserError, match=sentence):
            CliRunner().invoke(cli.app, ["rehearse", "--date", "2026-11-20", *words], catch_exceptions=False)


@pytest.mark.proof
def test_the_rules_count_once_they_stand_in_the_site_file_and_the_day_is_recomputed(
    home: Settings, tmp_path: Path, spark: Any
) -> None:
    new = tmp_path / "new.toml"
    new.write_text(NEW, encoding="utf-8")
    foretold = {name: after for _, name, _, after in values(rehearsed("--rules", str(new)), "sessions")}
    (home.sites_dir / "shop.toml").write_text(NEW, encoding="utf-8")
    recompute(spark, home, [D20])
    assert run_sql(home, "select distinct rules_version from silver_request")[1] == [(3002,)]
    publish(spark, home, [D20], despite="a test")
    (made,) = run_sql(home, "select sum(orders), sum(revenue) from gold_sessions_1h_now")[1]
    assert (made[0], str(made[1])) == (foretold["orders"], foretold["revenue"]) == (1, "12.50")
    kept = run_sql(home, "select distinct rules_versions from report_snapshot order by 1")[1]
    assert kept == [([3002],)]
