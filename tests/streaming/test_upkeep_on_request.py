"""Upkeep of the live tables that the control file asks for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from jobs.streaming import on_request
from jobs.streaming.on_request import carry_out
from jobs.streaming.prepare import rebuild_partials
from shoplog.contracts.proof import PUBLISHED_DAY
from shoplog.contracts.visitor_minutes import KEPT_DAYS
from shoplog.io.arrow import arrow_schema
from shoplog.io.commits import latest_version, newest_commit_with_metadata
from shoplog.io.housekeeping import remove_files
from shoplog.ledger.account import window_rows
from shoplog.ledger.landed import landed_files, landed_lines
from shoplog.settings import Settings
from shoplog.stack.control import StreamStatus, read_status, write_status
from tests.streaming.records import NOON, YESTERDAY, Batches, line, value

pytestmark = pytest.mark.spark
LIVE = ("bronze_access_log", "gold_partial_live")


@pytest.fixture
def batches(spark: Any, settings: Settings) -> Batches:
    made = Batches(spark, settings)
    made.send({0: [value(line("203.0.113.1"), 0)]})
    write_status(settings, StreamStatus("running", 3))
    return made


def minutes_of_visitors(batches: Batches) -> dict[str, int]:
    found = batches.gold().where("family = 'visitor_minutes'").groupBy("window_date").count().collect()
    return {str(row["window_date"]): row["count"] for row in found}


def grow_old(batches: Batches, days: int) -> str:
    """The same partials once more, of a day that long ago."""
    import polars as pl

    path = str(batches.tables.gold)
    ago = pl.duration(days=days)
    rows = pl.read_delta(path).with_columns(pl.col("window_start") - ago, (pl.col("window_date") - ago).cast(pl.Date))
    write_deltalake(path, rows.to_arrow().cast(DeltaTable(path).to_pyarrow_dataset().schema), mode="append")
    return str(rows["window_date"].max())


def test_a_request_is_carried_out_once_and_its_outcome_told(batches: Batches, settings: Settings) -> None:
    carry_out(batches.tables, "first")
    status = read_status(settings)
    assert (status.upkeep, status.upkeep_outcome) == (
        "first",
        "done: 0 files removed, visitors' minutes of 0 days, old rows of 0",
    )
    assert (status.state, status.epoch) == ("running", 3)
    versions = [latest_version(settings.warehouse / table) for table in LIVE]
    carry_out(batches.tables, "first")
    carry_out(batches.tables, "")
    assert [latest_version(settings.warehouse / table) for table in LIVE] == versions


def test_live_history_is_a_day_and_the_stream_goes_on_where_it_was(batches: Batches, settings: Settings) -> None:
    before = {table: newest_commit_with_metadata(settings.warehouse / table) for table in LIVE}
    carry_out(batches.tables, "first")
    for table, commit in before.items():
        configuration = DeltaTable(str(settings.warehouse / table)).metadata().configuration
        assert configuration["delta.logRetentionDuration"] == "interval 24 hours"
        newest = newest_commit_with_metadata(settings.warehouse / table)
        assert commit is not None
        assert newest is not None
        assert newest.version > commit.version
        assert newest.metadata["kafka_end"] == newest.metadata["kafka_start"] == commit.metadata["kafka_end"]
    batches.send({0: [value(line("203.0.113.1"), 0), value(line("203.0.113.1"), 100)]})
    assert batches.fates() == {"accepted": 2, "duplicate": 1}
    assert batches.requests() == 2


def test_the_stream_starts_again_when_only_upkeep_is_left_in_the_log(batches: Batches, settings: Settings) -> None:
    carry_out(batches.tables, "first")
    for table in LIVE:
        path = settings.warehouse / table
        DeltaTable(str(path)).create_checkpoint()
        for entry in (path / "_delta_log").glob("*.json"):
            if int(entry.stem) < (latest_version(path) or 0):
                entry.unlink()
    reopened = batches.open()
    assert reopened.measured == reopened.committed == {0: 1, 1: 0}


def test_old_minutes_of_visitors_leave_and_figures_stay(batches: Batches, settings: Settings) -> None:
    young, old = grow_old(batches, KEPT_DAYS - 2), grow_old(batches, 60)
    requests = batches.requests()
    assert {young, old} < minutes_of_visitors(batches).keys()
    carry_out(batches.tables, "first")
    left = minutes_of_visitors(batches)
    assert young in left
    assert min(left) >= str(datetime.now(UTC).date() - timedelta(days=KEPT_DAYS))
    assert batches.requests() == requests
    # A day may lie further back than one request's part: the next one goes on.
    carry_out(batches.tables, "second")
    assert read_status(settings).upkeep_outcome.endswith("of 0 days, old rows of 0")


def test_files_of_replaced_versions_go(batches: Batches, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    grow_old(batches, 60)
    monkeypatch.setattr(on_request, "remove_files", lambda path, _hours: remove_files(path, 0))
    carry_out(batches.tables, "prunes")
    carry_out(batches.tables, "removes")
    assert not read_status(settings).upkeep_outcome.startswith(("done: 0 files", "failed"))
    gold = batches.tables.gold
    on_disk = {path.name for path in gold.rglob("*.parquet") if "_delta_log" not in path.parts}
    assert on_disk == {path.rsplit("/", 1)[-1] for path in DeltaTable(str(gold)).file_uris()}
    assert batches.open().marks == batches.tables.marks


def test_a_failure_is_told_and_does_not_end_the_stream(
    batches: Batches, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(on_request, "set_properties", fail)
    carry_out(batches.tables, "first")
    assert read_status(settings).upkeep_outcome == "failed: disk full"
    assert not batches.tables.lock.locked()


def test_old_lines_and_figures_leave_and_what_is_sent_again_is_known(batches: Batches, settings: Settings) -> None:
    batches.tables.settings = settings.model_copy(update={"bronze_days": 8, "partial_days": 8})
    later = NOON + timedelta(days=30)
    assert on_request._retire(batches.tables, later) == 1, "figures that are not published stay"
    assert (batches.bronze().count(), batches.requests()) == (0, 1)
    row = {"site": "shop", "day": YESTERDAY, "published_at": NOON, "table_versions": []}
    published = pa.Table.from_pylist([row], schema=arrow_schema(PUBLISHED_DAY))
    write_deltalake(str(settings.warehouse / PUBLISHED_DAY.name), published)
    assert on_request._retire(batches.tables, later) == 1
    assert (batches.requests(), window_rows(settings)) == (0, [])
    (file,) = landed_files(landed_lines(settings)).values()
    assert (file.accepted, file.chain_ends) == (1, (len(line("203.0.113.1")) + 1, len(line("203.0.113.1")) + 2))
    batches.tables = batches.open()
    batches.send({0: [value(line("203.0.113.1"), 0), value(line("203.0.113.1"), 500)]})
    assert batches.fates() == {"accepted": 1, "duplicate": 1}
    rebuild_partials(batches.session, settings)
    assert batches.open().marks == batches.tables.marks
