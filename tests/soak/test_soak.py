"""`make soak`: the real chain under traffic while parts are killed and halted at random; in the end every line counts once."""

from __future__ import annotations

import json
import os
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.chain import Shoplog
from tests.soak.batches import BatchTimes
from tests.soak.faults import FAULTS, Fault, bite, dealt
from tests.soak.report import write_report
from tests.soak.traffic import Traffic

pytestmark = [pytest.mark.soak, pytest.mark.timeout(0)]
MINUTES = float(os.environ.get("SOAK_MINUTES", "30"))
SEED = int(os.environ.get("SOAK_SEED") or Random().randrange(1_000_000))
LINES_A_SECOND = int(os.environ.get("SOAK_RATE", "1000"))
REPORT = os.environ.get("SOAK_REPORT")


@dataclass(slots=True)
class Run:
    """What was done and what came of it."""

    shoplog: Shoplog
    traffic: Traffic
    began: datetime
    evidence: dict[Fault, list[str]] = field(default_factory=lambda: defaultdict(list))
    pairs: int = 0
    files: list[dict[str, Any]] = field(default_factory=list)
    batches_s: list[float] = field(default_factory=list)
    nights: dict[str, dict[str, Any]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    print(f"\nseed {SEED}, {MINUTES:g} minutes")
    shoplog = Shoplog(tmp_path_factory.mktemp("soak") / "home")
    made = Run(shoplog, Traffic(shoplog, SEED, LINES_A_SECOND), datetime.now(UTC))
    batches = BatchTimes(shoplog.settings.checkpoint)
    try:
        shoplog.start()
        batches.start()
        made.traffic.start()
        _break_things(made)
        made.traffic.end()
        made.files = shoplog.wait_for_residue_0(made.traffic.lines, timeout_s=1800)
        made.batches_s = batches.end()
        yield made
    finally:
        shoplog.good("down")


def _break_things(run: Run) -> None:
    """Break something every 20 to 60 s until the time is over and each kind has had its turn; a short run hurries."""
    rng, deal = Random(SEED), dealt(SEED)
    hurry = min(1.0, MINUTES * 60 / (len(FAULTS) * 40))
    over = time.monotonic() + MINUTES * 60
    while time.monotonic() < over or run.evidence.keys() != set(FAULTS):
        time.sleep(rng.uniform(20, 60) * hurry)
        together = next(deal)
        halted_s = [rng.uniform(3, 15) for _ in together]
        with ThreadPoolExecutor() as pool:
            waits = list(pool.map(partial(bite, run.shoplog.settings), together, halted_s))
        run.pairs += len(together) > 1
        for fault, wait in zip(together, waits, strict=True):
            run.evidence[fault].append(wait())
            print(f"{datetime.now(UTC):%H:%M:%S} {fault}: {run.evidence[fault][-1]}", flush=True)
        assert run.traffic.is_alive(), "the traffic ended"


def test_no_line_is_lost_and_none_doubled(run: Run) -> None:
    truth = run.traffic
    assert sum(file["written"] for file in run.files) == truth.lines
    assert sum(file["accepted"] for file in run.files) == truth.accepted
    assert sum(file["quarantined"] for file in run.files) == truth.quarantined.total()
    for must_be_0 in ("residue", "missing_bytes", "doubled_bytes", "in_flight"):
        assert not any(file[must_be_0] for file in run.files), must_be_0
    run.shoplog.good("ledger")


def test_every_line_was_counted_as_what_it_is(run: Run) -> None:
    found = run.shoplog.rows("select status, sum(1) n from silver_request_live group by 1")
    assert {str(row["status"]): row["n"] for row in found} == dict(run.traffic.by_status)
    refused = run.shoplog.rows("select reason, count(*) n from quarantine_access_log_live group by 1")
    assert {row["reason"]: row["n"] for row in refused} == dict(run.traffic.quarantined)


def test_every_kind_of_fault_has_bitten(run: Run) -> None:
    assert all(run.evidence[fault] for fault in FAULTS)
    assert sum(file["duplicates"] for file in run.files) > 0, "Flume's kills sent nothing twice"


def test_the_nightly_agrees_with_live(run: Run) -> None:
    days = [row["d"] for row in run.shoplog.rows("select distinct event_date d from silver_request_live order by 1")]
    for day in days:
        run.nights[day] = json.loads(run.shoplog.good("nightly", "--date", day, "--json"))
        assert run.nights[day]["figures"] > 0
        assert run.nights[day]["unexplained"] == 0


def test_the_report_is_written(run: Run) -> None:
    assert run.nights, "no night was compared"
    page = write_report(
        run.began, MINUTES, SEED, run.traffic, run.evidence, run.pairs, run.files, run.batches_s, run.nights
    )
    print(page)
    if REPORT:
        Path(REPORT).write_text(page, encoding="utf-8")
