from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from bench.quality import Checker
from expectations import run
from expectations.run import run_quality
from expectations.suites import profiled
from shoplog.contracts.families import FAMILIES
from shoplog.contracts.quality import MEASURES
from shoplog.contracts.shop_families import ORDERS
from shoplog.errors import UserError
from shoplog.settings import Settings

DAY = date(2026, 11, 20)
LEDGER: dict[str, Any] = {
    "site": "shop", "host": "web1", "file": "a.log", "written": 10, "read": 10, "kafka": 11, "bronze": 11, "accepted": 9,
    "quarantined": 1, "duplicates": 1, "in_flight": 0, "torn": 0, "missing_bytes": 0, "doubled_bytes": 0, "broken_ranges": "",
    "erased": 0, "residue": 0, "late": 0, "malformed": 1, "future": 0,
}  # fmt: skip
PARITY = {
    "site": "shop", "family": "traffic", "metric": "requests", "figures": 9, "without_live": 0, "without_batch": 0,
    "unexplained": 0.0, "example": "",
}  # fmt: skip
CERTIFICATE = {"site": "shop", "verdict": "equal", "unexplained_figures": 0, "late_requests": 0}
USUAL = {name: value for m in MEASURES for name, value in ((m.name, 0.1), (f"{m.name}_seen", "5, usual 4 to 6"))}


def frames() -> dict[str, pd.DataFrame]:
    minus = {
        f"minus_{name}": -LEDGER[name]
        for name in ("bronze", "accepted", "quarantined", "erased", "in_flight", "residue")
    }
    rows: dict[str, list[dict[str, Any]]] = {
        "ledger": [{**LEDGER, **minus}],
        "windows": [{"site": "shop", "windows": 9, "wrong": 0, "first_wrong": ""}],
        "parity": [PARITY],
        "certificate": [CERTIFICATE],
        "volume": [{"site": "shop", "history_days": 28, **USUAL}],
    }
    for family in FAMILIES:
        rows[family.table] = [
            {"site": "shop", "metric": n, "minimum": 0.0, "maximum": 5.0, "nulls": 0} for n in profiled(family)
        ]
    return {name: pd.DataFrame(made) for name, made in rows.items()}


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker()


def critical(checker: Checker, given: dict[str, pd.DataFrame]) -> set[tuple[str, str]]:
    """Suite and column of the critical checks that failed."""
    failed = {check for check, severity in checker.failed(given).items() if severity == "critical"}
    return {(suite, check.partition(" of ")[2]) for suite, check in failed}


def test_a_good_day_passes_and_has_data_docs(settings: Settings) -> None:
    rows = run_quality(settings, DAY, frames(), {"ledger": 3})
    assert [row for row in rows if not row.success] == []
    assert {row.table_version for row in rows if row.suite == "ledger"} == {3}
    assert list(settings.quality_dir.rglob("data_docs/**/index.html"))


@pytest.mark.parametrize(
    ("suite", "changed", "column"),
    [
        ("ledger", {"residue": 1}, "residue"),
        ("ledger", {"missing_bytes": 5}, "missing_bytes"),
        ("ledger", {"doubled_bytes": 5}, "doubled_bytes"),
        ("ledger", {"accepted": 8}, "accepted, quarantined, duplicates, erased, minus_bronze"),
        ("ledger", {"residue": None}, "residue"),
        ("windows", {"wrong": 1}, "wrong"),
        ("parity", {"unexplained": 1.0}, "unexplained"),
        ("parity", {"without_batch": 2}, "without_batch"),
        ("certificate", {"verdict": None}, "verdict"),
        ("certificate", {"verdict": "different"}, "verdict"),
        (FAMILIES[0].table, {"minimum": -1.0}, "minimum"),
        (FAMILIES[0].table, {"nulls": 2}, "nulls"),
        # What the profile of a day without rows looks like.
        (FAMILIES[0].table, {"minimum": None}, "minimum"),
    ],
)
def test_each_defect_fails_its_check(checker: Checker, suite: str, changed: dict[str, Any], column: str) -> None:
    given = frames()
    given[suite] = given[suite].assign(**changed)
    assert critical(checker, given) == {(suite, column)}


@pytest.mark.parametrize("suite", ["ledger", "windows", "parity", "certificate"])
def test_an_empty_side_fails(checker: Checker, suite: str) -> None:
    given = frames()
    given[suite] = given[suite].iloc[:0]
    assert critical(checker, given) == {(suite, "rows")}


def test_a_day_whose_lines_came_later_cannot_be_held_against_others_and_is_no_fault(checker: Checker) -> None:
    given = frames()
    given["volume"] = given["volume"].iloc[:0]
    assert critical(checker, given) == set()
    failed = checker.failed(given)
    assert [severity for (suite, _), severity in failed.items() if suite == "volume"] == ["warning"]


def test_a_day_without_orders_passes(checker: Checker) -> None:
    given = frames()
    given[ORDERS.table] = given[ORDERS.table].iloc[:0]
    assert critical(checker, given) == set()


def test_old_results_leave_the_data_docs(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "KEPT_RESULTS", 2)
    for days in range(4):
        run_quality(settings, DAY + timedelta(days=days), frames(), {})
    uncommitted = settings.quality_dir / "gx/uncommitted"
    assert len(list((uncommitted / "validations/ledger").rglob("*.json"))) == 2
    pages = list((uncommitted / "data_docs/local_site/validations/ledger").rglob("*.html"))
    index = (uncommitted / "data_docs/local_site/index.html").read_text()
    assert len(pages) == 2
    assert {day.name for day in (uncommitted / "validations/ledger").iterdir()} == {"2026-11-22", "2026-11-23"}
    assert all(page.parent.name in index for page in pages)


def test_a_missing_side_is_refused(settings: Settings) -> None:
    given = frames()
    del given["parity"]
    with pytest.raises(UserError, match="missing side fails"):
        run_quality(settings, DAY, given, {})


def test_a_failure_names_the_rows_that_broke_it_and_what_was_there(settings: Settings) -> None:
    given = frames()
    given["ledger"] = given["ledger"].assign(missing_bytes=187, broken_ranges="1204-1391 missing")
    given["volume"] = given["volume"].assign(bot_share=3.2, bot_share_seen="0.6, usual 0.1 to 0.3 share")
    failed = [row for row in run_quality(settings, DAY, given, {}) if not row.success]
    assert [(row.severity, row.sites, row.observed) for row in failed] == [
        ("critical", ("shop",), "shop web1 a.log 1204-1391 missing: 187"),
        ("warning", ("shop",), "shop: 0.6, usual 0.1 to 0.3 share"),
    ]
