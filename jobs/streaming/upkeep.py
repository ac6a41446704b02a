"""The driver keeps its own house between and beside batches: census in, anomalies told, partials folded, bronze compacted."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import polars as pl
from deltalake import DeltaTable

from jobs.streaming.anomalies import AnomalyWatch
from jobs.streaming.batch import LiveTables
from jobs.streaming.fold import compact_bronze, fold_partials
from shoplog.contracts.proof import LEDGER_CENSUS_LIVE
from shoplog.io.kafka import records, topic_offsets
from shoplog.io.offsets import KafkaRange, committed_offsets, same
from shoplog.io.sinks import table_path
from shoplog.io.transactions import append_rows


class Upkeep:
    """What is due, at most every `upkeep_interval_s`. Batches go on meanwhile: only a commit to their tables waits for them."""

    def __init__(self, tables: LiveTables) -> None:
        """Take the live tables whose house is kept."""
        self.tables, self.settings = tables, tables.settings
        self._next = time.monotonic()
        self.anomalies = AnomalyWatch(tables)
        # Handles of its own: those of the batches are in use.
        self._bronze, self._gold = DeltaTable(tables.bronze), DeltaTable(tables.gold)
        self.census_at = committed_offsets(self.settings.warehouse / LEDGER_CENSUS_LIVE.name) or {}

    def tick(self) -> None:
        """Do what is due."""
        if time.monotonic() < self._next:
            return
        self.land_census()
        fold_partials(self.tables, self._gold)
        compact_bronze(self.tables, self._bronze)
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
