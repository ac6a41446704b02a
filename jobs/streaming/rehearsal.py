"""A rehearsal before the first batch: the same code on invented lines in a scratch home, so that it is loaded and compiled.

A cold JVM needs ten seconds and more for its first batch; the first line of the day must not wait for that.
"""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from jobs.streaming.batch import LiveTables
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE
from shoplog.io.offsets import START_FILE
from shoplog.io.sinks import create_table
from shoplog.settings import Settings
from shoplog.sites import load_sites

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_BATCHES = 6
_LINES = 5000
_RECORD = "value binary, partition int, offset bigint, topic string, timestamp timestamp"


def rehearse(session: SparkSession, settings: Settings) -> None:
    """Write a few batches of invented lines into tables that are removed again; nothing of the real home is touched."""
    # In the warehouse, since executors on other machines share nothing else.
    scratch = settings.model_copy(update={"home": settings.warehouse / ".rehearsal"})
    shutil.rmtree(scratch.home, ignore_errors=True)
    (scratch.checkpoint / "offsets").mkdir(parents=True)
    (scratch.checkpoint / START_FILE).write_text('{"0": 0}', encoding="utf-8")
    sites = load_sites(settings)
    for table in (BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE):
        create_table(scratch, table.name)
    tables = LiveTables(session, scratch, sites)
    for batch_id in range(_BATCHES):
        end = json.dumps({scratch.topic_raw: {"0": (batch_id + 1) * _LINES}})
        (scratch.checkpoint / "offsets" / str(batch_id)).write_text(f"v1\n{{}}\n{end}", encoding="utf-8")
        records = session.createDataFrame(_records(next(iter(sites)), scratch.topic_raw, batch_id * _LINES), _RECORD)
        tables.write_batch(records.coalesce(1), batch_id)
    shutil.rmtree(scratch.home)


def _records(site: str, topic: str, first: int) -> list[tuple[bytes, int, int, str, datetime]]:
    """Return Kafka records with lines of many visitors, pages and statuses."""
    now = datetime.now(UTC)
    stamp = f"{now:%d/%b/%Y:%H:%M:%S +0000}"
    rows = []
    for at in range(first, first + _LINES):
        request = f'"GET /rehearsal/{at % 100} HTTP/1.1" {(200, 304, 404)[at % 3]} 512 "-" "rehearsal/{at % 20}"'
        line = f"198.18.{at // 200 % 250}.{at % 200} - - [{stamp}] {request}"
        record = f"v1\t{site}\trehearsal\taccess.log\t{at * 200}\t{len(line)}\t{line}"
        rows.append((record.encode(), 0, at, topic, now))
    return rows
