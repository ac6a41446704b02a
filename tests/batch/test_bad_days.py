"""What cannot be compared or recomputed is refused with a sentence, and nothing is overwritten."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from jobs.batch.recompute import recompute
from jobs.batch.reconcile import reconcile
from shoplog.errors import UserError
from shoplog.io.commits import latest_version
from shoplog.io.computed import computed_from, live_version
from shoplog.io.leases import table_leases
from shoplog.settings import Settings
from tests.streaming.records import YESTERDAY, Batches, line, value

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def batches(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Batches:
    made = Batches(spark, Settings(home=tmp_path_factory.mktemp("bad") / "home", host="web1"))
    made.send({0: [value(line(f"203.0.113.{n}", n), n * 500) for n in range(3)]})
    recompute(spark, made.settings, [YESTERDAY])
    return made


def versions(settings: Settings) -> dict[str, int | None]:
    return {table.name: latest_version(table) for table in settings.warehouse.iterdir()}


def test_a_day_without_lines_beside_one_with_some_is_refused_whole(batches: Batches) -> None:
    before = versions(batches.settings)
    empty = YESTERDAY - timedelta(days=1)
    with pytest.raises(UserError, match=f"^{empty} has no lines"):
        recompute(batches.session, batches.settings, [YESTERDAY, empty])
    assert versions(batches.settings) == before


def test_a_second_nightly_at_the_same_time_is_refused(batches: Batches) -> None:
    before = versions(batches.settings)
    refused = pytest.raises(UserError, match="silver_request is being written by another nightly")
    with table_leases(batches.settings, ("silver_request",), "another nightly"), refused:
        recompute(batches.session, batches.settings, [YESTERDAY])
    assert versions(batches.settings) == before


def test_lines_that_landed_and_were_not_measured_yet_are_waited_for_with_a_sentence(batches: Batches) -> None:
    settings, tables = batches.settings, batches.tables
    bronze = latest_version(tables.bronze) or 0
    assert live_version(settings, bronze) == latest_version(tables.gold)
    measure, tables._append_partials = tables._append_partials, lambda *_: None  # type: ignore[method-assign]
    batches.send({0: [value(line("203.0.113.9", 30), 9 * 500)]})
    recompute(batches.session, settings, [YESTERDAY])
    with pytest.raises(UserError, match="start the stream"):
        reconcile(batches.session, settings, YESTERDAY)
    tables._append_partials = measure  # type: ignore[method-assign]
    tables.catch_up()
    assert reconcile(batches.session, settings, YESTERDAY)["unexplained"] == 0


@pytest.mark.parametrize("damage", [b"", b'{"add": ', b"\x00\xff"])
def test_a_damaged_log_entry_is_named(batches: Batches, damage: bytes) -> None:
    log = batches.settings.warehouse / "silver_request/_delta_log"
    entry: Path = log / f"{latest_version(log.parent):020d}.json"
    whole = entry.read_bytes()
    entry.write_bytes(damage)
    try:
        with pytest.raises(UserError, match=r"silver_request/_delta_log/\d+\.json is damaged"):
            computed_from(batches.settings, YESTERDAY)
    finally:
        entry.write_bytes(whole)
    assert computed_from(batches.settings, YESTERDAY) is not None
