"""The quality page's lights and figures from tables written by hand."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dashboard.quality_page import day_of, render_day
from dashboard.read_model.quality import quality_day, quality_days
from dashboard.read_model.reasons import CHECKS, DAMAGED, LEDGER, NIGHTLY
from shoplog.errors import UserError
from shoplog.settings import REPOSITORY, Settings
from tests.dashboard.quality_tables import DAY, NIGHT, NOON, RIGHT, TODAY, days_before, parity, right_day, write


def day(settings: Settings, **more: Any) -> dict[str, Any]:
    shown = quality_day(settings, DAY, **{"today": TODAY, **more})
    assert shown is not None
    return shown


def lights(settings: Settings) -> dict[str, str]:
    return {row["site"]: row["light"] for row in day(settings)["sites"]}


def words(settings: Settings) -> str:
    return " ".join(row["words"] for row in day(settings)["sites"])


def test_a_day_on_which_all_is_there_and_right_is_green(settings: Settings) -> None:
    right_day(settings)
    shown = day(settings)
    assert (shown["light"], shown["sites"][0]["reasons"]) == ("green", [])
    assert shown["sites"][0]["words"].startswith("Published; live and batch are equal")
    certificate = shown["sites"][0]["certificate"]
    assert (certificate["figures"], certificate["table_versions"]) == (1200, {"gold_traffic_1m": 3})
    assert certificate["document"] == {"code": "abc", "more": {"a": 1}}
    assert [(row["day"], row["light"]) for row in quality_days(settings, TODAY)] == [("2026-11-20", "green")]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("certificate", "The certificate was not made yet"),
        ("published_day", "Provisional"),
        ("ledger_file", "The ledger was not closed yet"),
        ("ledger_window", "The ledger of the day's minutes was not closed yet"),
        ("quality_result", "The quality checks of the day were not run yet"),
    ],
)
def test_what_was_not_made_yet_is_amber_and_never_green(settings: Settings, table: str, said: str) -> None:
    right_day(settings, without=table)
    assert lights(settings) == {"shop": "amber"}
    assert said in words(settings)


@pytest.mark.parametrize(
    ("table", "changed", "light", "said"),
    [
        ("certificate", {"verdict": "different", "unexplained_figures": 3}, "red", "verdict is different"),
        ("certificate", {"verdict": "incomplete"}, "red", "a side is missing"),
        ("certificate", {"verdict": "fine"}, "red", "no known verdict"),
        ("certificate", {"verdict": None}, "red", "no known verdict"),
        ("certificate", {"unexplained_figures": 1}, "red", "its own figures say otherwise"),
        ("certificate", {"ledger_residue": -1}, "red", "its own figures say otherwise"),
        ("certificate", {"ledger_bytes": None}, "red", "its own figures say otherwise"),
        ("certificate", {"figures": 0}, "red", "its own figures say otherwise"),
        ("certificate", {"late_requests": None}, "red", "its own figures say otherwise"),
        ("certificate", {"late_requests": -1}, "red", "its own figures say otherwise"),
        ("certificate", {"bronze_version": 8}, "amber", "it has bronze version 7, the certificate 8"),
        ("published_day", {"despite": "the file is gone"}, "amber", "without an equal certificate: the file is gone"),
        (
            "certificate",
            {"verdict": "different", "document": '{"sites": [{"why": ["3 lines are unaccounted for", "b"]}]}'},
            "red",
            "verdict is different: 3 lines are unaccounted for; b",
        ),
        ("certificate", {"late_requests": 2}, "amber", "2 accepted lines came after the version"),
        ("ledger_file", {"residue": -4}, "red", "broken in 1 of 1 files: 4 lines unaccounted for"),
        ("ledger_file", {"missing_bytes": 5000}, "red", "5,000 bytes missing"),
        ("ledger_file", {"doubled_bytes": 7}, "red", "7 bytes doubled"),
        ("ledger_file", {"residue": None}, "red", "counts are absent"),
        ("ledger_file", {"in_flight": None}, "red", "counts are absent"),
        ("ledger_file", {"in_flight": 9}, "amber", "9 lines in flight"),
        ("ledger_window", {"residue": 1}, "red", "1 of 1 minutes"),
        ("quality_result", {"success": False}, "red", "1 of 1 quality checks failed (critical)"),
        ("quality_result", {"success": None}, "red", "(critical)"),
        ("quality_result", {"success": False, "severity": "fatal"}, "red", "(critical)"),
        ("quality_result", {"success": False, "severity": "warning"}, "amber", "(warning)"),
        ("gold_partial_live", {"requests": 61}, "amber", "final_dirty: 1 accepted line came"),
    ],
)
def test_what_is_wrong_is_said_in_words(
    settings: Settings, table: str, changed: dict[str, Any], light: str, said: str
) -> None:
    right_day(settings, **{table: changed})
    assert lights(settings) == {"shop": light}
    assert said in words(settings)


def test_a_failed_check_for_information_leaves_a_day_green(settings: Settings) -> None:
    right_day(settings, quality_result={"success": False, "severity": "info"})
    assert lights(settings) == {"shop": "green"}


def test_the_newest_certificate_publication_and_run_of_a_suite_count(settings: Settings) -> None:
    right_day(
        settings,
        certificate={"verdict": "different", "unexplained_figures": 3},
        published_day={"live_requests": 1},
        quality_result={"success": False},
    )
    later = NIGHT + timedelta(hours=1)
    write(settings, "certificate", {**RIGHT["certificate"], "made_at": later})
    write(settings, "published_day", {**RIGHT["published_day"], "published_at": later})
    write(settings, "quality_result", {**RIGHT["quality_result"], "run_id": "b", "run_time": later})
    assert lights(settings) == {"shop": "green"}


def test_a_day_that_is_not_over_waits_and_says_so_once(settings: Settings) -> None:
    write(settings, "gold_partial_live", RIGHT["gold_partial_live"])
    (site,) = day(settings, today=DAY)["sites"]
    assert [reason["words"].split(":")[0] for reason in site["reasons"]] == ["The day is not over in UTC"]
    assert site["light"] == "amber"


def test_each_shop_has_a_light_of_its_own(settings: Settings) -> None:
    right_day(settings)
    write(settings, "gold_partial_live", {**RIGHT["gold_partial_live"], "site": "other"})
    assert lights(settings) == {"other": "amber", "shop": "green"}
    assert day(settings)["light"] == "amber"


def test_a_file_without_any_line_makes_its_shop_appear_in_red(settings: Settings) -> None:
    right_day(settings)
    write(settings, "ledger_file", {**RIGHT["ledger_file"], "site": "lost", "residue": 60, "missing_bytes": 9000})
    write(settings, "ledger_file", {**RIGHT["ledger_file"], "site": "elsewhere"})
    assert lights(settings) == {"lost": "red", "shop": "green"}


@pytest.mark.parametrize("table", [*RIGHT, "gold_parity"])
def test_a_table_that_cannot_be_read_is_red_and_named(settings: Settings, table: str) -> None:
    right_day(settings)
    write(settings, "gold_parity", parity(unexplained=0.0))
    (settings.warehouse / table / "_delta_log" / f"{1:020d}.json").write_text("no json\n")
    assert quality_days(settings, TODAY)[0]["light"] == "red"
    shown = day(settings)
    assert f"The table {table} cannot be read" in shown["sites"][0]["words"]
    page = render_day(settings, DAY)
    assert DAMAGED in page
    if table in ("certificate", "ledger_file", "gold_parity", "quality_result"):
        assert f"The table {table} cannot be read.</span></p>" in page


def test_a_hole_names_the_command_that_fills_it(settings: Settings) -> None:
    broken = {
        "file": "a $(touch x).log", "missing_bytes": 30, "broken_ranges": "10-20 missing, 40-60 missing, 70-71 doubled",
    }  # fmt: skip
    right_day(settings, ledger_file=broken)
    write(settings, "ledger_file", {**RIGHT["ledger_file"], "file": "a.log"})
    first, second = day(settings)["files"]
    assert first["commands"] == [
        "shoplog import --range 'a $(touch x).log:10-20' --site shop --host web1",
        "shoplog import --range 'a $(touch x).log:40-60' --site shop --host web1",
    ]
    assert (first["is_wrong"], second["is_wrong"], second["commands"]) == (True, False, [])


def test_the_largest_unexplained_figures_stand_first_and_only_twenty(settings: Settings) -> None:
    right_day(settings)
    sizes = [float(n) for n in range(1, 31)]
    write(settings, "gold_parity", *(parity(metric=f"m{n:.0f}", unexplained=-n) for n in sizes))
    write(settings, "gold_parity", parity(metric="missing", live=None, unexplained=None), parity(unexplained=0.0))
    shown = day(settings)
    assert [row["metric"] for row in shown["offending"]][:3] == ["missing", "m30", "m29"]
    assert (len(shown["offending"]), shown["offending_total"]) == (20, 31)


def test_the_trend_counts_the_checks_of_each_day(settings: Settings) -> None:
    right_day(settings)
    check = {**RIGHT["quality_result"], "day": days_before(1), "expectation": "expect_y", "success": False}
    write(settings, "quality_result", check, {**check, "success": True, "severity": "warning"})
    trend = [(row["day"], row["passed"], row["checks"], row["critical"]) for row in day(settings)["trend"]]
    assert trend == [("2026-11-20", 1, 1, 0), ("2026-11-19", 1, 2, 1)]


def test_the_thirty_newest_days_are_listed(settings: Settings) -> None:
    rows = [{**RIGHT["gold_partial_live"], "window_date": days_before(n)} for n in range(35)]
    write(settings, "gold_partial_live", *rows)
    listed = [row["day"] for row in quality_days(settings, TODAY)]
    assert (len(listed), listed[0], listed[-1]) == (30, "2026-11-20", days_before(29).isoformat())


HOSTILE = "<script>alert(1)</script>'\"&"


def test_hostile_text_is_escaped_everywhere(settings: Settings) -> None:
    broken = {"missing_bytes": 9, "broken_ranges": f"{HOSTILE} 1-10 missing", "file": HOSTILE, "host": HOSTILE}
    right_day(
        settings,
        certificate={"site": HOSTILE, "verdict": HOSTILE, "document": json.dumps({HOSTILE: HOSTILE})},
        ledger_file=broken,
        quality_result={
            "success": False,
            "observed": HOSTILE,
            "column": HOSTILE,
            "suite": HOSTILE,
            "expectation": HOSTILE,
        },
        gold_partial_live={"site": HOSTILE},
    )
    write(settings, "gold_parity", parity(site=HOSTILE, dimension=HOSTILE * 1000, metric=HOSTILE, family=HOSTILE))
    page = render_day(settings, DAY)
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 12
    assert len(page) < 100_000


def test_a_document_that_is_no_json_is_shown_as_it_is(settings: Settings) -> None:
    right_day(settings, certificate={"document": "{no <json>"})
    assert "{no &lt;json&gt;" in render_day(settings, DAY)


def test_the_file_loads_nothing(settings: Settings) -> None:
    right_day(settings)
    page = render_day(settings, DAY)
    assert "prefers-color-scheme: dark" in page
    assert "<link" not in page
    assert "src=" not in page


def test_a_day_of_which_nothing_is_known_is_said_to_be_so(settings: Settings) -> None:
    right_day(settings)
    with pytest.raises(UserError, match="Nothing is known of 2026-11-18"):
        render_day(settings, days_before(2))
    assert quality_days(settings.model_copy(update={"home": Path(settings.home / "empty")})) == []


@pytest.mark.parametrize("text", ["20261120", "2026-W47-5", "2026-11-31", "today", "", "2026-11-20T00:00"])
def test_what_is_no_day_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(UserError, match="write it as YYYY-MM-DD"):
        day_of(text)


def test_every_reason_leads_to_a_heading_of_the_runbook() -> None:
    headings = (REPOSITORY / "docs/runbook.md").read_text().split("\n## ")
    assert {NIGHTLY, CHECKS, LEDGER, DAMAGED} <= {heading.splitlines()[0] for heading in headings}


def test_times_are_utc(settings: Settings) -> None:
    right_day(settings)
    write(settings, "gold_parity", parity())
    shown = day(settings)
    assert shown["offending"][0]["window_start"] == f"{NOON:%Y-%m-%d %H:%M:%S}"
    assert shown["sites"][0]["certificate"]["made_at"] == "2026-11-21 01:30:00"
