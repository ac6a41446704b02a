"""`make proof`: a million lines of three shops through the real parts; every figure against the truth, live and published."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from shoplog.contracts.families import FAMILIES
from shoplog.contracts.model import Family, Table
from shoplog.contracts.session_figures import SESSIONS
from shoplog.contracts.visitor_minutes import VISITOR_MINUTES
from shoplog.contracts.visits import GOLD_SESSIONS, VISIT_TABLES
from shoplog.io.views import connect
from shoplog.settings import Settings
from shoplog.stack.flume_kill import kill_between_notes
from tests.chain import Shoplog
from tests.proof.compare import Compared, compare, compare_minutes, compare_table
from tests.proof.report import write_report
from tests.proof.shops import Written, days, plan_shops, write_lines

pytestmark = [pytest.mark.proof, pytest.mark.timeout(7200)]
LINES, HOURS = int(os.environ.get("PROOF_LINES", "1000000")), 48
REPORT = Path(os.environ.get("PROOF_REPORT", "proof.md"))


@dataclass(slots=True)
class Run:
    """What was sent and what came of it."""

    settings: Settings
    began: datetime
    truth: Written
    files: list[dict[str, int]]
    chain_s: float
    nights: dict[date, dict[str, int]] = field(default_factory=dict)
    compared: dict[str, dict[str, Compared]] = field(default_factory=dict)

    def rows(self, table: str) -> pl.DataFrame:
        with connect(self.settings) as tables:
            return pl.DataFrame(pl.from_arrow(tables.sql(f"select * from {table}").to_arrow_table()))

    def visitor_minutes(self) -> pl.DataFrame:
        keys = ", ".join(("site", "window_start", *VISITOR_MINUTES.dimensions))
        sums = ", ".join(f"({metric.merge})::bigint as {metric.name}" for metric in VISITOR_MINUTES.metrics)
        own = f"from gold_partial_live where family = '{VISITOR_MINUTES.name}'"
        return self.rows(f"(select {keys}, {sums} {own} group by {keys})")

    def keep(self, name: str, layer: str, found: Compared) -> None:
        self.compared.setdefault(name, {})[layer] = found
        assert not found.wrong, (layer, len(found.wrong), found.wrong[:5])
        assert found.figures > 0


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    home = tmp_path_factory.mktemp("proof") / "home"
    settings = Settings(home=home, sites_dir=home / "site-files")
    shoplog = Shoplog(home)
    shoplog.environment["SHOPLOG_SITES_DIR"] = str(settings.sites_dir)
    began = datetime.now(UTC)
    plans = plan_shops(home, settings.sites_dir, LINES, HOURS, began)
    try:
        shoplog.good("up", "kafka", "flume", "census", "stream")
        # While Flume reads what it has half sent.
        killing = threading.Timer(5, kill_between_notes, (shoplog.settings,))
        killing.start()
        sent = time.monotonic()
        truth = write_lines(plans)
        killing.join()
        files = shoplog.wait_for_residue_0(LINES, timeout_s=3600)
        made = Run(settings, began, truth, files, time.monotonic() - sent)
        for day in days(began):
            night = shoplog.run("nightly", "--date", day.isoformat(), "--json", timeout=3600)
            assert night.returncode == 0, night.stdout[-1500:] + night.stderr[-1500:]
            made.nights[day] = json.loads(night.stdout)
        assert datetime.now(UTC).date() == began.date(), "midnight came, and with it a salt's end: run it again"
        yield made
    finally:
        shoplog.good("down")


def test_every_line_is_accounted_for(run: Run) -> None:
    assert sum(file["written"] for file in run.files) == run.truth.lines == LINES
    assert sum(file["accepted"] for file in run.files) == run.truth.accepted
    assert sum(file["duplicates"] for file in run.files) > 0, "Flume's kill did not bite"
    assert not any(file["residue"] for file in run.files)
    refused = run.rows("quarantine_access_log_live").group_by("reason").len()
    assert dict(refused.iter_rows()) == run.truth.quarantined


def test_live_and_batch_agree_on_every_day(run: Run) -> None:
    for day, totals in run.nights.items():
        assert totals["figures"] > 0, day
        assert (totals["differing"], totals["unexplained"]) == (0, 0), day
        assert totals["sites_published"] > 0, day


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_figure_is_the_truth_in_both_layers(run: Run, family: Family) -> None:
    truth = run.truth.answers[family.name]
    published = run.rows(f"{family.table}_now")
    assert set(published["status"]) == {"final"}
    run.keep(family.name, "live", compare(family, run.rows(f"{family.table}_live"), truth))
    run.keep(family.name, "batch", compare(family, published, truth))


def test_what_each_visitor_did_in_each_minute_is_the_truth(run: Run) -> None:
    name = VISITOR_MINUTES.name
    run.keep(name, "live", compare_minutes(run.visitor_minutes(), run.truth.answers[name]))


@pytest.mark.parametrize("table", VISIT_TABLES, ids=lambda table: table.name)
def test_every_session_funnel_and_visitor_is_the_truth(run: Run, table: Table) -> None:
    truth = run.truth.answers[table.name]
    rows = run.rows(f"{table.name}_now")
    is_sessions = table is GOLD_SESSIONS
    run.keep(table.name, "batch", compare(SESSIONS, rows, truth) if is_sessions else compare_table(table, rows, truth))


def test_the_report_is_written(run: Run) -> None:
    assert len(run.compared) == len(FAMILIES) + len(VISIT_TABLES) + 1, "a comparison is missing"
    write_report(REPORT, run.began, run.truth, run.files, run.chain_s, run.nights, run.compared)
