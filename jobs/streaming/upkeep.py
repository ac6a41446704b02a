"""The driver keeps its own house, serially with batches: census in, partials folded, bronze compacted."""

from __future__ import annotations

import json
import time
from collections import Counter
from datetime import UTC, date, datetime

import polars as pl

from jobs.streaming.anomalies import AnomalyWatch
from jobs.streaming.batch import LiveTables
from shoplog.contracts.proof import LEDGER_CENSUS_LIVE
from shoplog.contracts.tables import GOLD_PARTIAL_LIVE
from shoplog.io.appends import append_rows
from shoplog.io.kafka import records, topic_offsets
from shoplog.io.offsets import KafkaRange, committed_offsets, same
from shoplog.io.sinks import replace_days, table_path
from shoplog.transforms.merge import compacted

# A day's partials are folded once they lie in this many files: reading them stays cheap, rewriting them rare.
_FOLD_AT_FILES = 60
_COMPACT_AT_FILES = 120


class Upkeep:
    """One small task a tick, at most every `upkeep_interval_s`, only while no batch runs."""

    def __init__(self, tables: LiveTables) -> None:
        """Take the live tables whose house is kept."""
        self.tables, self.settings = tables, tables.settings
        self._next = time.monotonic()
        self.anomalies = AnomalyWatch(tables)
        self.census_at = committed_offsets(self.settings.warehouse / LEDGER_CENSUS_LIVE.name) or {}

    def tick(self) -> None:
        """Do what is due, if a batch does not hold the tables right now."""
        if time.monotonic() < self._next or not self.tables.lock.acquire(blocking=False):
            return
        try:
            self.land_census()
            self.fold_fullest_day()
            self.compact_fullest_day()
        finally:
            self.tables.lock.release()
        # Reads tables and appends to its own: no batch waits for it.
        self.anomalies.tick()
        self._next = time.monotonic() + self.settings.upkeep_interval_s

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

    def fold_fullest_day(self) -> None:
        """Add up the partials of the day that lies in most files, with the committed offsets copied forward."""
        day = self._fullest(self.tables.gold, "window_date", _FOLD_AT_FILES)
        if day is None:
            return
        live = self.tables.session.read.format("delta").load(str(self.tables.gold)).where(f"window_date = '{day}'")
        at = self.tables.measured
        metadata = KafkaRange(at, at).to_metadata(upkeep=True)
        replace_days(compacted(live).coalesce(1), self.settings, GOLD_PARTIAL_LIVE.name, [day], metadata=metadata)

    def compact_fullest_day(self) -> None:
        """Write the small files of bronze's fullest day as few large ones; rows and offsets stay."""
        day = self._fullest(self.tables.bronze, "ingest_date", _COMPACT_AT_FILES)
        if day is None:
            return
        from delta.tables import DeltaTable

        at = self.tables.committed
        session = self.tables.session
        metadata = KafkaRange(at, at).to_metadata(upkeep=True, resharded=list(self.tables.seen))
        session.conf.set("spark.databricks.delta.commitInfo.userMetadata", metadata)
        try:
            table = DeltaTable.forPath(session, str(self.tables.bronze))
            table.optimize().where(f"ingest_date = '{day}'").executeCompaction()
        finally:
            session.conf.unset("spark.databricks.delta.commitInfo.userMetadata")

    @staticmethod
    def _fullest(table: object, column: str, at_least: int) -> date | None:
        """Return the partition day with most small files, None below `at_least`."""
        from deltalake import DeltaTable

        actions = DeltaTable(str(table)).get_add_actions(flatten=True)
        days = actions.column(f"partition.{column}").to_pylist()
        sizes = actions.column("size_bytes").to_pylist()
        small = Counter(day for day, size in zip(days, sizes, strict=True) if size < 64 << 20)
        day, files = max(small.items(), key=lambda item: item[1], default=(None, 0))
        return day if files >= at_least else None
