"""One line, partial, segment, file or figure is taken or added behind the chain's back: the next check finds and names it.

The checks are the commands that the nightly's tasks run, and their exit code is the task's: `close_ledger` is
`shoplog ledger --close`, `reconcile` is `shoplog reconcile`. Each sabotage is undone, and the ledger is whole again.
"""

from __future__ import annotations

import gzip
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake
from kafka.admin import ConfigResource, ConfigResourceType

from shoplog.io.commits import newest_commit_with_metadata
from shoplog.io.kafka import topic_offsets
from shoplog.io.offsets import committed_offsets
from shoplog.stack import supervisor
from shoplog.stack.airflow_api import AirflowClient
from shoplog.stack.kafka import is_ready
from shoplog.stack.kafka_access import admin
from tests.faults.conftest import YESTERDAY, Chain

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]
DAY = YESTERDAY.date().isoformat()
CLOSE_LEDGER, RECONCILE = ("ledger", "--close", "--date", DAY), ("reconcile", "--date", DAY)
# The same without keeping what it found, which takes Spark.
LEDGER = CLOSE_LEDGER[:1]


@pytest.fixture(scope="module")
def night(chain: Chain) -> Chain:
    """The chain after a nightly that found nothing; the last line landed in a batch of its own."""
    chain.write(1)
    chain.duplicates()
    chain.shoplog.good("nightly", "--date", DAY)
    return chain


def _table(chain: Chain, name: str) -> DeltaTable:
    return DeltaTable(str(chain.shoplog.settings.warehouse / name))


@contextmanager
def sabotaged(chain: Chain, *names: str) -> Iterator[list[DeltaTable]]:
    """Give tables to be changed by hand; afterwards they are restored, and every line is accounted for again."""
    tables = [_table(chain, name) for name in names]
    before = [table.version() for table in tables]
    try:
        yield tables
    finally:
        for name, version in zip(names, before, strict=True):
            _table(chain, name).restore(version)
    chain.shoplog.good("ledger")


def _red(chain: Chain, check: tuple[str, ...]) -> str:
    done = chain.shoplog.run(*check)
    assert done.returncode == 1, (check, done.stdout[-1500:], done.stderr[-1500:])
    return " ".join(done.stdout.split())


def test_a_line_deleted_from_bronze_is_named_by_close_ledger(night: Chain) -> None:
    with sabotaged(night, "bronze_access_log") as (bronze,):
        rows = pl.scan_delta(bronze).sort("byte_offset").collect()
        file, lost, following = rows["file"][500], rows["byte_offset"][500], rows["byte_offset"][501]
        bronze.delete(f"byte_offset = {lost}")
        said = _red(night, CLOSE_LEDGER)
        assert f"{file}: bytes {lost}-{following} missing" in said
        assert "windows with a residue" in said
        closed = night.shoplog.rows(f"select * from ledger_file where day = '{DAY}'")
        assert [(row["residue"], row["missing_bytes"]) for row in closed] == [(1, following - lost)]


def test_a_duplicate_past_the_guard_is_named_by_close_ledger(night: Chain) -> None:
    with sabotaged(night, "bronze_access_log", "gold_partial_live") as tables:
        for table in tables:
            _append_last_batch_again(table)
        said = _red(night, LEDGER)
        assert re.search(r"bytes \d+-\d+ doubled", said)
        assert "windows with a residue" not in said, "its partials came with it"


def test_a_deleted_partial_a_changed_figure_and_a_duplicate_are_each_named_by_reconcile(night: Chain) -> None:
    names = ("bronze_access_log", "gold_partial_live", "gold_traffic_1m")
    with sabotaged(night, *names) as (bronze, partials, gold):
        rows = pl.scan_delta(partials).filter(pl.col("family") == "pages").collect()
        row = rows.filter(pl.len().over("path", "requests") == 1).sort("requests", "path").row(-1, named=True)
        own = f"family = 'pages' and path = '{row['path']}' and requests = {row['requests']}"
        assert partials.delete(own)["num_deleted_rows"] == 1
        first = pl.scan_delta(gold).select(pl.col("window_start").min()).collect().item()
        minute = f"window_start = '{first:%Y-%m-%dT%H:%M:%SZ}'"
        assert gold.update({"bytes_sent": "bytes_sent + 1"}, predicate=minute)["num_updated_rows"] == 1
        for table in (bronze, partials):
            _append_last_batch_again(table)
        _red(night, RECONCILE)
        found = night.shoplog.rows(f"select * from gold_parity where day = '{DAY}' and unexplained is distinct from 0")
        named = {(one["family"], one["metric"], one["unexplained"]) for one in found}
        assert {("traffic", "bytes_sent", -1.0), ("traffic", "requests", 1.0)} <= named
        assert [one for one in found if one["metric"] == "requests" and row["path"] in (one["dimension"] or "")]


def _append_last_batch_again(table: DeltaTable) -> None:
    """Append the rows of the newest batch, which was one line, as a batch of nobody."""
    commit = newest_commit_with_metadata(Path(table.table_uri.removeprefix("file://")))
    assert commit is not None
    for path in commit.added:
        write_deltalake(table, _rows_of(table, path), mode="append")


def _rows_of(table: DeltaTable, path: str) -> pa.Table:
    """Return a data file's rows in the table's own types."""
    schema = pa.schema(table.schema().to_arrow())
    return pq.ParquetFile(path).read().select(schema.names).cast(schema)


def _write_file(chain: Chain, hour: int, lines: int, start: int = 0, day: datetime = YESTERDAY) -> Path:
    """Append lines of one visitor, who stays in one Kafka partition."""
    log = chain.shoplog.home / "sites/shop/logs" / f"access-{day:%Y%m%d}-{hour:02d}.log"
    with log.open("ab", buffering=0) as file:
        for number in range(start, start + lines):
            stamp = f"{day:%d/%b/%Y}:{hour:02d}:{number // 60:02d}:{number % 60:02d} +0000"
            file.write(f'198.18.9.9 - - [{stamp}] "GET /p/{number} HTTP/1.1" 200 10 "-" "a"\n'.encode())
    chain.lines += lines
    return log


def _wait(condition: Callable[[], bool], what: str, timeout_s: float = 300) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.3)


def test_a_kafka_segment_deleted_before_it_was_read_is_named_by_close_ledger(night: Chain) -> None:
    """Spark steps over the gap without a word, as over a compacted topic's: only the ledger can tell."""
    settings = night.shoplog.settings
    night.shoplog.good("stream", "stop", "--timeout", "600")
    topic = ConfigResource(ConfigResourceType.TOPIC, settings.topic_raw, {"segment.ms": "500"})
    with admin(settings) as client:
        client.alter_configs([topic])
    start = topic_offsets(settings, settings.topic_raw)[1]
    log, sizes = None, []
    for number in range(4):
        log = _write_file(night, 11, 50, 50 * number)
        sizes.append(log.stat().st_size)
        sent = sum(start.values()) + 50 * (number + 1)
        _wait(lambda sent=sent: sum(topic_offsets(settings, settings.topic_raw)[1].values()) == sent, "not sent")  # type: ignore[misc]
        time.sleep(1)
    supervisor.stop(settings, "kafka")
    bronze = committed_offsets(settings.warehouse / "bronze_access_log") or {}
    segments = sorted((settings.home / "kafka").glob(f"{settings.topic_raw}-*/*.log"))
    unread = [path for path in segments if int(path.stem) >= bronze[int(path.parent.name.rsplit("-", 1)[1])]]
    assert len(unread) >= 3, segments
    for path in unread[1].parent.glob(f"{unread[1].stem}.*"):
        path.unlink()
    night.shoplog.good("up", "kafka")
    _wait(lambda: is_ready(settings), "the broker did not come back")
    night.shoplog.good("stream", "start", "--timeout", "600")
    _wait(
        lambda: (
            committed_offsets(settings.warehouse / "gold_partial_live")
            == topic_offsets(settings, settings.topic_raw)[1]
        ),
        "the stream did not go on",
    )
    said = _red(night, LEDGER)
    assert log is not None
    hole = re.search(
        rf"{log.name}: bytes (\d+)-(\d+) missing to fill: shoplog import (--range \S+ --site \S+ --host \S+)", said
    )
    assert hole, said
    assert int(hole[1]) in sizes
    assert int(hole[2]) in sizes
    assert night.bring_in(*hole[3].split()) == 50
    night.shoplog.good("ledger")


def test_a_file_deleted_before_it_was_read_is_named_by_close_ledger(night: Chain, tmp_path: Path) -> None:
    """By the ledger of the day it was seen on. In the real Airflow only its task fails of the three: neither layer saw a line."""
    today = datetime.now(UTC)
    _write_file(night, 0, 10, day=today)
    night.duplicates()
    flume = night.shoplog.pid("flume")
    os.kill(flume, signal.SIGSTOP)
    log = _write_file(night, 12, 40)
    size = log.stat().st_size
    _wait(lambda: f'"{log.name}"' in night.shoplog.run("ledger", "--json").stdout, "no census saw it")
    copy = tmp_path / f"{log.name}.gz"
    copy.write_bytes(gzip.compress(log.read_bytes()))
    log.unlink()
    os.kill(flume, signal.SIGCONT)
    assert f"{log.name}: bytes 0-{size} missing" in _red(night, LEDGER)
    ended = _nightly_in_airflow(night, today.date().isoformat())
    assert ended == {"recompute": "success", "reconcile": "success", "close_ledger": "failed"}
    assert night.bring_in("--range", f"{copy}:0-{size}") == 40
    night.shoplog.good("ledger")


def _nightly_in_airflow(chain: Chain, day: str) -> dict[str, str]:
    """Return how recompute, reconcile and close_ledger ended; a task that will be tried again has failed."""
    chain.shoplog.good("up", "airflow-api-server", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer")
    airflow = AirflowClient(chain.shoplog.settings)
    airflow.wait_for_dags({"nightly"})
    run_id = airflow.trigger("nightly", {"date": day})
    names, states = ("recompute", "reconcile", "close_ledger"), {}

    def ended() -> bool:
        now = airflow.task_states("nightly", run_id)
        states.update({name: now[name].replace("up_for_retry", "failed") for name in names if name in now})
        return len(states) == len(names) and set(states.values()) <= {"success", "failed", "upstream_failed"}

    _wait(ended, f"the nightly did not end: {states}", timeout_s=1200)
    return states


def test_the_chain_goes_on_after_all_of_it(night: Chain) -> None:
    night.write(500)
    night.duplicates()
