"""What upkeep may take away, and that published days read the same before and after."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from jobs.batch import maintain as job
from jobs.batch.maintain import maintain
from shoplog.contracts.proof import GOLD_PARITY, LEDGER_CENSUS_IMPORT, PUBLISHED_DAY
from shoplog.contracts.tables import BRONZE_IMPORT_LOG, TABLES
from shoplog.errors import TryLaterError, UserError
from shoplog.io.arrow import arrow_schema
from shoplog.io.commits import latest_version
from shoplog.io.housekeeping import remove_files
from shoplog.io.query import run_sql
from shoplog.io.sinks import append as append_by_spark
from shoplog.io.sinks import create_table
from shoplog.settings import REPOSITORY, Settings
from shoplog.stack.control import StreamStatus, give_orders, read_orders, read_status, write_status
from shoplog.stack.upkeep_request import ask_for_upkeep
from tests.batch.bronze_rows import Bronze, at, line
from tests.report.warehouse import DAY, Warehouse, days_after, request

TRAFFIC = "gold_traffic_1m"
ROWS = "select site, window_start, requests, status from gold_traffic_1m_now order by all"
HOLD = "import fcntl,sys; f=open(sys.argv[1],'a'); fcntl.lockf(f,fcntl.LOCK_EX); print('held',flush=True); sys.stdin.read()"


@pytest.fixture
def shop(settings: Settings) -> Warehouse:
    """A day published with one request, then recomputed with two and published, then recomputed with three."""
    shop = Warehouse(settings)
    shop.stream([request()])
    for count, published_at in ((1, datetime(2026, 11, 21, 2, tzinfo=UTC)), (2, datetime(2026, 11, 22, 2, tzinfo=UTC))):
        shop.recompute([request(byte_offset=i) for i in range(count)])
        shop.publish(published_at, live_requests=1)
    shop.recompute([request(byte_offset=i) for i in range(3)])
    return shop


def files(settings: Settings, table: str = TRAFFIC) -> set[str]:
    return {str(path) for path in (settings.warehouse / table).rglob("*.parquet") if "_delta_log" not in path.parts}


def of(figures: list[dict[str, Any]], table: str) -> dict[str, Any]:
    return next(row for row in figures if row["table"] == table)


def append(settings: Settings, table: str, *rows: dict[str, Any]) -> None:
    made = pa.Table.from_pylist(list(rows), schema=arrow_schema(TABLES[table]))
    how: Any = {"partition_by": list(TABLES[table].partition_by) or None}
    write_deltalake(str(settings.warehouse / table), made, mode="append", **how)


@pytest.fixture
def much_later(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """A moment at which files that were replaced just now are old enough to go: vacuum reads the clock itself."""
    monkeypatch.setattr(job, "remove_files", lambda path, _hours, kept: remove_files(path, 0, kept))
    return datetime.now(UTC) + timedelta(days=40)


def test_a_published_day_reads_the_same_however_long_ago_its_version_was_replaced(
    settings: Settings, shop: Warehouse, much_later: datetime
) -> None:
    before, all_files = run_sql(settings, ROWS), files(settings)
    assert [row[2] for row in before[1]] == [2]
    figures = of(maintain(settings, much_later), TRAFFIC)
    assert run_sql(settings, ROWS) == before
    assert run_sql(settings, f"select sum(requests) from {TRAFFIC}")[1] == [(3,)]
    assert (figures["pins"], figures["pins_broken"], figures["files_removed"]) == (1, 0, 1)
    assert len(files(settings)) == len(all_files) - 1


def test_a_publication_stays_readable_as_long_as_it_is_asked_for(
    settings: Settings, shop: Warehouse, much_later: datetime
) -> None:
    # The first publication counted until 22 November: it is asked for until 22 December.
    assert of(maintain(settings, datetime(2026, 12, 20, tzinfo=UTC)), TRAFFIC)["pins"] == 2
    assert DeltaTable(str(settings.warehouse / TRAFFIC), version=0).to_pyarrow_table().num_rows == 1
    assert of(maintain(settings, datetime(2026, 12, 23, tzinfo=UTC)), TRAFFIC)["pins"] == 1
    assert not Path(DeltaTable(str(settings.warehouse / TRAFFIC), version=0).file_uris()[0]).exists()


def test_what_a_killed_writer_left_behind_goes(settings: Settings, shop: Warehouse, much_later: datetime) -> None:
    left_behind = settings.warehouse / TRAFFIC / f"event_date={DAY}" / "part-left-behind.parquet"
    left_behind.write_bytes(b"half a file")
    maintain(settings, much_later)
    assert not left_behind.exists()


def test_a_second_time_there_is_nothing_to_do(settings: Settings, shop: Warehouse, much_later: datetime) -> None:
    append(settings, LEDGER_CENSUS_IMPORT.name, {"site": "shop", "size": 1})
    append(settings, LEDGER_CENSUS_IMPORT.name, {"site": "shop", "size": 2})
    together = {row["table"]: row["files_together"] for row in maintain(settings, much_later)}
    assert (together[LEDGER_CENSUS_IMPORT.name], together[PUBLISHED_DAY.name], together[TRAFFIC]) == (2, 2, 0)
    before = {path.name: latest_version(path) for path in settings.warehouse.iterdir()}
    again = maintain(settings, much_later)
    assert {path.name: latest_version(path) for path in settings.warehouse.iterdir()} == before
    assert not any(row["files_together"] or row["files_removed"] or row["rows_removed"] for row in again)


def test_rows_of_checks_leave_after_their_time_and_no_other_rows(settings: Settings) -> None:
    bronze = Bronze(settings)
    bronze.bring_in([(0, line(at(1, 12)))], at(1, 13))
    for day in (DAY, days_after(60)):
        append(settings, GOLD_PARITY.name, {"day": day, "site": "shop"}, {"day": day, "site": "other"})
    append(settings, "quality_result", {"day": DAY, "suite": "ledger"}, {"day": days_after(60), "suite": "ledger"})
    figures = maintain(settings, datetime(2027, 3, 1, tzinfo=UTC))
    assert of(figures, GOLD_PARITY.name)["rows_removed"] == 2
    assert run_sql(settings, "select distinct day from gold_parity")[1] == [(days_after(60),)]
    assert run_sql(settings, "select day from quality_result")[1] == [(days_after(60),)]
    assert run_sql(settings, f"select count(*) from {BRONZE_IMPORT_LOG.name}")[1] == [(1,)]


def test_log_entries_of_pinned_tables_are_kept(settings: Settings, shop: Warehouse) -> None:
    maintain(settings, datetime.now(UTC))
    configuration = DeltaTable(str(settings.warehouse / TRAFFIC)).metadata().configuration
    assert configuration["delta.enableExpiredLogCleanup"] == "false"


def test_a_version_that_lost_a_file_is_told_and_nothing_of_its_table_is_removed(
    settings: Settings, shop: Warehouse, much_later: datetime
) -> None:
    version = latest_version(settings.warehouse / TRAFFIC)
    assert version == 2
    pinned = DeltaTable(str(settings.warehouse / TRAFFIC), version=1).file_uris()
    Path(pinned[0]).unlink()
    before = files(settings)
    figures = maintain(settings, much_later)
    assert of(figures, TRAFFIC)["pins_broken"] == 1
    assert files(settings) == before


def test_a_pinned_table_that_is_gone_is_said_in_one_sentence(settings: Settings, shop: Warehouse) -> None:
    (settings.warehouse / TRAFFIC).rename(settings.home / "gone")
    with pytest.raises(UserError, match="gold_traffic_1m is gone, but published days are read from it"):
        maintain(settings, datetime.now(UTC))


def test_a_log_that_cannot_be_read_is_said_in_one_sentence(settings: Settings, shop: Warehouse) -> None:
    log = settings.warehouse / "gold_pages_1h" / "_delta_log" / f"{0:020d}.json"
    log.write_text("not a log entry")
    with pytest.raises(UserError, match="gold_pages_1h cannot be read"):
        maintain(settings, datetime.now(UTC))


@pytest.mark.parametrize("hold", [HOLD, HOLD.replace("lockf", "flock")], ids=["jvm of a killed writer", "writer"])
def test_nothing_is_done_while_another_process_writes(settings: Settings, shop: Warehouse, hold: str) -> None:
    leases = settings.home / "leases"
    leases.mkdir(parents=True)
    name = f"{TRAFFIC}.lease" + (".jvm" if "lockf" in hold else "")
    holder = subprocess.Popen(
        [sys.executable, "-c", hold, str(leases / name)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        before = latest_version(settings.warehouse / PUBLISHED_DAY.name)
        with pytest.raises(TryLaterError, match=f"{TRAFFIC} is (still )?being written"):
            maintain(settings, datetime.now(UTC))
        assert latest_version(settings.warehouse / PUBLISHED_DAY.name) == before
    finally:
        holder.kill()
        holder.communicate()


def test_live_tables_are_not_touched_but_shown(settings: Settings, shop: Warehouse) -> None:
    path = settings.warehouse / "gold_partial_live"
    before = latest_version(path)
    figures = of(maintain(settings, datetime.now(UTC)), "gold_partial_live")
    assert latest_version(path) == before == figures["version"]
    assert figures["files"] > 0
    assert figures["disk_bytes"] > figures["bytes"] > 0


def test_a_request_is_a_new_one_each_time_and_leaves_the_orders_as_they_are(settings: Settings) -> None:
    orders = give_orders(settings, "running")
    first, second = ask_for_upkeep(settings), ask_for_upkeep(settings)
    assert first != second == read_orders(settings).upkeep
    assert (read_orders(settings).desired, read_orders(settings).epoch) == ("running", orders.epoch)
    assert give_orders(settings, "stopped").upkeep == second


def test_the_outcome_stays_in_the_status_until_another_is_told(settings: Settings) -> None:
    write_status(settings, StreamStatus("running", upkeep="a", upkeep_outcome="done"))
    write_status(settings, StreamStatus("stopped"))
    assert (read_status(settings).upkeep, read_status(settings).upkeep_outcome) == ("a", "done")


def command(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SHOPLOG_")}
    environment = {**kept, "SHOPLOG_HOME": str(settings.home), "PYTHONPATH": f"{REPOSITORY / 'src'}:{REPOSITORY}"}
    started = [sys.executable, "-m", "shoplog.cli", *arguments]
    return subprocess.run(started, env=environment, capture_output=True, text=True, check=False)


def test_the_command_shows_every_table_and_what_the_stream_will_do(settings: Settings, shop: Warehouse) -> None:
    done = command(settings, "maintain", "--json")
    assert done.returncode == 0, done.stderr
    *tables, home = [json.loads(row) for row in done.stdout.splitlines()]
    assert {row["table"] for row in tables} == {path.name for path in settings.warehouse.iterdir()}
    assert home["disk_free_bytes"] > 0
    assert home["live_upkeep"] == "asked for; the stream is stopped"


def test_a_stream_that_runs_and_does_not_answer_is_a_failure(settings: Settings) -> None:
    write_status(settings, StreamStatus("running"))
    done = command(settings, "maintain", "--json", "--wait", "0.1")
    assert (done.returncode, json.loads(done.stdout)["live_upkeep"]) == (1, "not begun")


@pytest.fixture
def two_days(settings: Settings, shop: Warehouse) -> date:
    """The day that is published, and a next one that has lines and is not."""
    next_day = days_after(1)
    shop.stream([request(event_time=datetime(2026, 11, 21, 9, tzinfo=UTC), byte_offset=900)])
    return next_day


def test_a_day_with_lines_that_was_not_published_is_told(settings: Settings, two_days: date) -> None:
    assert command(settings, "published", "--date", str(DAY)).returncode == 0
    assert command(settings, "published", "--date", str(two_days)).returncode == 1
    both = command(settings, "published", "--date", str(DAY), "--to", str(two_days), "--json")
    rows = [json.loads(row) for row in both.stdout.splitlines()]
    assert both.returncode == 1
    assert [(row["day"], row["status"]) for row in rows] == [(str(DAY), "final"), (str(two_days), "provisional")]
    assert rows[0]["table_versions"][TRAFFIC] == 1
    assert rows[1]["published_at"] is None


def test_a_day_without_lines_after_days_with_some_is_told_and_an_empty_home_is_not(
    settings: Settings, two_days: date
) -> None:
    assert command(settings, "published", "--date", "2026-11-25").returncode == 1
    assert command(settings, "published", "--date", "2026-11-19").returncode == 0


def test_lines_that_only_an_import_brought_wait_too(settings: Settings) -> None:
    Bronze(settings).bring_in([(0, line(at(20, 12)))], at(21, 13))
    assert command(settings, "published", "--date", str(DAY)).returncode == 1


def test_wrong_days_are_a_mistake(settings: Settings) -> None:
    wrong = command(settings, "published", "--date", "2026-11-20", "--to", "2026-11-19")
    assert (wrong.returncode, "swap them" in wrong.stderr) == (2, True)


@pytest.mark.spark
def test_what_spark_wrote_spark_reads_the_same_and_goes_on_writing(spark: Any, settings: Settings) -> None:
    row = (
        f"select 'shop' site, date'{DAY}' day, timestamp'2026-11-21 02:00:00.123456' published_at, 7L bronze_version, "
        "map('silver_request', cast(null as bigint)) table_versions, 5L requests, 5L live_requests"
    )
    path = str(create_table(settings, PUBLISHED_DAY.name))
    for _ in range(2):
        append_by_spark(spark.sql(row), settings, PUBLISHED_DAY.name)
    before = [str(found) for found in spark.read.format("delta").load(path).collect()]
    assert of(maintain(settings, datetime.now(UTC)), PUBLISHED_DAY.name)["files_together"] == 2
    assert [str(found) for found in spark.read.format("delta").load(path).collect()] == before
    append_by_spark(spark.sql(row), settings, PUBLISHED_DAY.name)
    assert spark.read.format("delta").load(path).count() == 3
    assert run_sql(settings, "select distinct published_at, table_versions from published_day")[1] == [
        (datetime(2026, 11, 21, 2, 0, 0, 123456, tzinfo=UTC), {"silver_request": None})
    ]
