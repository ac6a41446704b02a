"""The driver keeps its own house between and beside batches: census in, anomalies told, partials folded, bronze compacted."""

from __future__ import annotations

import json
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from datetime import UTC, datetime

import polars as pl
import structlog
from deltalake import DeltaTable

from jobs.streaming.anomalies import AnomalyWatch
from jobs.streaming.batch import LiveTables
from jobs.streaming.fold import CENSUS_TIERS, compact, compact_bronze, fold_partials
from shoplog.contracts.proof import LEDGER_CENSUS_LIVE
from shoplog.io.kafka import records, topic_offsets
from shoplog.io.offsets import KafkaRange, committed_offsets, same
from shoplog.io.salts import remove_dead_salts
from shoplog.io.sinks import table_path
from shoplog.io.transactions import append_rows

LOG = structlog.get_logger("upkeep")


class Upkeep:
    """What is due, at most every `upkeep_interval_s`, in a thread of its own: batches go on, and orders are heard.

    Only a commit to a table of the batches waits for them.
    """

    def __init__(self, tables: LiveTables) -> None:
        """Take the live tables whose house is kept."""
        self.tables, self.settings = tables, tables.settings
        self._next = time.monotonic()
        self._thread = ThreadPoolExecutor(1, "upkeep")
        self._work: Future[None] | None = None
        self.anomalies = AnomalyWatch(tables)
        census = table_path(self.settings, LEDGER_CENSUS_LIVE.name)
        # Handles of its own: those of the batches are in use.
        self._bronze, self._gold, self._census = (DeltaTable(path) for path in (tables.bronze, tables.gold, census))
        self.census_at = committed_offsets(census) or {}

    def tick(self) -> bool:
        """Begin what is due; return whether nothing is being done. Raises what went wrong since the last time."""
        if self._work is not None and self._work.done():
            self._work.result()
            self._work = None
        if self._work is None and time.monotonic() >= self._next:
            self._next = time.monotonic() + self.settings.upkeep_interval_s
            self._work = self._thread.submit(self.keep_house)
        return self._work is None

    def finish(self) -> None:
        """Return once nothing is being done any more."""
        self._thread.shutdown()
        # Nobody ticks any more: what went wrong last would be lost.
        if self._work is not None and (error := self._work.exception()) is not None:
            LOG.error("upkeep failed while the stream stopped", detail=str(error))

    def keep_house(self) -> None:
        """Do all of it."""
        remove_dead_salts(self.settings.secrets_dir / "salts", datetime.now(UTC))
        self.land_census()
        fold_partials(self.tables, self._gold)
        compact_bronze(self.tables, self._bronze)
        self.compact_census()
        self.anomalies.tick()

    def compact_census(self) -> None:
        """Write the many small files of the censuses as one."""
        folder = table_path(self.settings, LEDGER_CENSUS_LIVE.name)
        metadata = KafkaRange(self.census_at, self.census_at).to_metadata(upkeep=True)
        # Only this thread writes the table.
        compact(LEDGER_CENSUS_LIVE, folder, self._census, CENSUS_TIERS, nullcontext(), lambda: metadata)

    def land_census(self) -> None:
        """Append what censuses have said since the last time, with the Kafka range in the commit."""
        beginning, end = topic_offsets(self.settings, self.settings.topic_census)
        start = {p: max(self.census_at.get(p, 0), beginning[p]) for p in end}
        if same(start, end):
            return
        rows = []
        for _, _, value in records(self.settings, self.settings.topic_census, start, end):
            seen = json.loads(value)
            seen_at = datetime.fromisoformat(seen["seen_at"]).astimezone(UTC)
            rows.append((*(seen[n] for n in ("site", "host", "file", "inode", "size", "lines")), seen_at))
        seen_files = pl.DataFrame(rows, LEDGER_CENSUS_LIVE.column_names, orient="row", infer_schema_length=None)
        path = table_path(self.settings, LEDGER_CENSUS_LIVE.name)
        append_rows(path, seen_files, LEDGER_CENSUS_LIVE, KafkaRange(start, end).to_metadata())
        self.census_at = end
