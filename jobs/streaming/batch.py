"""One micro-batch: bronze, then the partials of every bronze commit that has none yet. Exactly once by offsets."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import polars as pl
from deltalake import DeltaTable

from jobs.landing import landing_parser
from jobs.streaming.crash import crash_point
from jobs.streaming.land import Written, land, measure_files
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE
from shoplog.io.commits import Commit, latest_version, read_commit
from shoplog.io.gone import erased_lines
from shoplog.io.marks import marks_of
from shoplog.io.offsets import KafkaRange, Offsets, Verdict, committed_offsets, judge, read_offset_log, read_start, same
from shoplog.io.sinks import table_path
from shoplog.io.transactions import append_files
from shoplog.rules import read_catalogues
from shoplog.settings import Settings
from shoplog.sites import Site

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


class LiveTables:
    """The two live tables as one thing that a batch is written to; `lock` keeps batches and upkeep serial."""

    def __init__(self, session: SparkSession, settings: Settings, sites: dict[str, Site]) -> None:
        """Open the tables at their committed offsets and bring the partials up to bronze."""
        self.session, self.settings, self.sites = session, settings, sites
        self.catalogues = read_catalogues({name: site.catalogue for name, site in sites.items()})
        self.lock = threading.Lock()
        # Nothing is erased while the stream runs.
        self.erased = erased_lines(settings)
        self.bronze, self.gold = (table_path(settings, t.name) for t in (BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE))
        self._bronze, self._gold = DeltaTable(self.bronze), DeltaTable(self.gold)
        self._bronze_version = latest_version(self.bronze)
        start = read_start(settings.checkpoint) or {}
        self.committed = committed_offsets(self.bronze) or start
        self.measured = committed_offsets(self.gold) or (start if self.committed == start else {})
        self.marks = marks_of(pl.scan_delta(str(self.gold)))
        self.catch_up()
        self.batch_id = -1

    def write_batch(self, records: DataFrame, batch_id: int) -> None:
        """Write one micro-batch; called by Spark, again with the same batch after a crash."""
        with self.lock:
            self.catch_up()
            covered = KafkaRange(self._start_of(batch_id), self._offset_log(batch_id))
            if judge(self.committed, covered, BRONZE_ACCESS_LOG.name) is Verdict.WRITE:
                self._write(records, covered)
            self.batch_id = batch_id
            crash_point("before_commit_log")

    def _write(self, records: DataFrame, covered: KafkaRange) -> None:
        parse = landing_parser(self.settings, self.sites, self.catalogues, datetime.now(UTC))
        where = self.settings.topic_raw, self.settings.warehouse
        written = land(records, covered.records, parse, self.marks, self.erased, *where)
        lines = written.get(BRONZE_ACCESS_LOG.name, [])
        append_files(self._bronze, lines, covered.to_metadata())
        self.committed = covered.end
        crash_point("after_bronze")
        self._append_partials(written, covered)
        crash_point("after_gold")

    def upkeep_metadata(self) -> str:
        """Return what a commit to bronze says that adds no lines."""
        return KafkaRange(self.committed, self.committed).to_metadata(upkeep=True)

    def catch_up(self) -> None:
        """Write the partials of each bronze commit beyond the partials' offsets, oldest first, from its own files."""
        for commit in reversed(self._unmeasured()):
            covered = KafkaRange.from_metadata(commit.metadata)
            if judge(self.measured, covered, GOLD_PARTIAL_LIVE.name) is Verdict.SKIP:
                continue
            written = measure_files(self.session, commit.added, covered.records, self.settings.warehouse)
            self._append_partials(written, covered)

    def _append_partials(self, written: Written, covered: KafkaRange) -> None:
        files = written.get(GOLD_PARTIAL_LIVE.name, [])
        append_files(self._gold, files, covered.to_metadata())
        self.measured = covered.end
        if files:
            paths = [self.gold / file.path for file in files]
            self.marks = marks_of(pl.scan_parquet(paths, missing_columns="insert"), self.marks)

    def _unmeasured(self) -> list[Commit]:
        """Return bronze's commits after the partials' offsets, newest first."""
        commits: list[Commit] = []
        version = self._bronze_version = latest_version(self.bronze, self._bronze_version)
        while version is not None and version >= 0:
            commit = read_commit(self.bronze, version)
            if commit.metadata:
                # Also at a commit of upkeep: what came before it may have left the log.
                if same(KafkaRange.from_metadata(commit.metadata).end, self.measured):
                    break
                if not commit.metadata.get("upkeep"):
                    commits.append(commit)
            version -= 1
        return commits

    def _offset_log(self, batch_id: int) -> Offsets:
        return read_offset_log(self.settings.checkpoint, batch_id, self.settings.topic_raw)

    def _start_of(self, batch_id: int) -> Offsets:
        if batch_id > 0:
            return self._offset_log(batch_id - 1)
        return read_start(self.settings.checkpoint) or {}
