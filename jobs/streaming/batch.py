"""One micro-batch: bronze, then the partials of every bronze commit that has none yet. Exactly once by offsets."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from jobs.partials import partials_of_files
from jobs.streaming.crash import crash_point
from shoplog.contracts.families import LIVE_FAMILIES
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE
from shoplog.errors import DriftError
from shoplog.io.commits import Commit, latest_version, newest_commit_with_metadata, read_commit
from shoplog.io.marks import FileKey, marks_of
from shoplog.io.offsets import KafkaRange, Offsets, Verdict, committed_offsets, judge, read_offset_log, read_start, same
from shoplog.io.salts import living_salts, login_key
from shoplog.io.sinks import append, table_path
from shoplog.io.sources import landing
from shoplog.rules import read_catalogues
from shoplog.settings import Settings
from shoplog.sites import Site
from shoplog.transforms.identity import read_identity
from shoplog.transforms.landing import line_parser

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_ONE_TASK_RECORDS = 50_000
_RECORD = "value", "partition kafka_partition", "offset kafka_offset", "topic", "timestamp ingest_time"


class LiveTables:
    """The two live tables as one thing that a batch is written to; `lock` keeps batches and upkeep serial."""

    def __init__(self, session: SparkSession, settings: Settings, sites: dict[str, Site]) -> None:
        """Open the tables at their committed offsets and bring the partials up to bronze."""
        self.session, self.settings, self.sites = session, settings, sites
        self.catalogues = read_catalogues({name: site.catalogue for name, site in sites.items()})
        self.lock = threading.Lock()
        self.bronze, self.gold = (table_path(settings, t.name) for t in (BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE))
        self._bronze_version, self._gold_version = latest_version(self.bronze), latest_version(self.gold)
        start = read_start(settings.checkpoint) or {}
        self.committed = committed_offsets(self.bronze) or start
        self.measured = committed_offsets(self.gold) or (start if self.committed == start else {})
        newest = newest_commit_with_metadata(self.bronze)
        resharded = newest.metadata.get("resharded", []) if newest else []
        self.catch_up()
        self.marks = marks_of(pl.scan_delta(str(self.gold)))
        self.seen: dict[FileKey, pl.Series] = {}
        self._remember([(s, h, f) for s, h, f in resharded])
        self.batch_id = -1

    def write_batch(self, records: DataFrame, batch_id: int) -> None:
        """Write one micro-batch; called by Spark, again with the same batch after a crash."""
        with self.lock:
            covered = KafkaRange(self._start_of(batch_id), self._offset_log(batch_id))
            if judge(self.committed, covered, BRONZE_ACCESS_LOG.name) is Verdict.WRITE:
                if self.committed and covered.end.keys() - self.committed.keys():
                    self._remember(sorted({key[1:] for key in self.marks}))
                self._append_bronze(records, covered)
                crash_point("after_bronze")
            self.catch_up()
            crash_point("after_gold")
            self.batch_id = batch_id
            crash_point("before_commit_log")

    def _append_bronze(self, records: DataFrame, covered: KafkaRange) -> None:
        salts = living_salts(self.settings.secrets_dir / "salts", datetime.now(UTC))
        parse = line_parser(self.sites, self.catalogues, salts, login_key(self.settings.secrets_dir))
        land = landing(read_identity, parse, self.marks, self.seen)
        rows = records.selectExpr(*_RECORD).mapInArrow(land, BRONZE_ACCESS_LOG.schema_ddl)
        append(rows, self.settings, BRONZE_ACCESS_LOG.name, covered.to_metadata(resharded=list(self.seen)))
        self.committed = covered.end

    def catch_up(self) -> None:
        """Write the partials of each bronze commit beyond the partials' offsets, oldest first, from its own files."""
        for commit in reversed(self._unmeasured()):
            covered = KafkaRange.from_metadata(commit.metadata)
            if judge(self.measured, covered, GOLD_PARTIAL_LIVE.name) is Verdict.SKIP:
                continue
            rows = live_partials(self.session, commit.added, covered.records)
            append(rows, self.settings, GOLD_PARTIAL_LIVE.name, covered.to_metadata())
            self.measured = covered.end
            if hasattr(self, "marks"):
                self._gold_version = latest_version(self.gold, self._gold_version)
                written = read_commit(self.gold, self._gold_version or 0).added
                if written:
                    self.marks = marks_of(pl.scan_parquet(list(written), missing_columns="insert"), self.marks)

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

    def _remember(self, files: list[FileKey]) -> None:
        """Load the offsets bronze has of files that were open when the topic got more partitions."""
        for site, host, file in files:
            rows = pl.scan_delta(str(self.bronze)).filter(
                (pl.col("site") == site) & (pl.col("host") == host) & (pl.col("file") == file)
            )
            self.seen[site, host, file] = rows.select("byte_offset").collect().to_series().unique().sort()

    def _offset_log(self, batch_id: int) -> Offsets:
        return read_offset_log(self.settings.checkpoint, batch_id, self.settings.topic_raw)

    def _start_of(self, batch_id: int) -> Offsets:
        if batch_id > 0:
            return self._offset_log(batch_id - 1)
        return read_start(self.settings.checkpoint) or {}


def live_partials(session: SparkSession, files: Sequence[str], records: int) -> DataFrame:
    """Return the partials of every family of bronze's data files; a small batch is one task and one file.

    Raises `DriftError` where a file is gone before it was measured.
    """
    missing = [name for name in files if not Path(name).exists()]
    if missing:
        raise DriftError(
            f"{missing[0]} is gone before it was measured: follow docs/runbook.md, 'A data file is missing'."
        )
    tasks = [files] if records <= _ONE_TASK_RECORDS else [[file] for file in files]
    return partials_of_files(session, tasks, LIVE_FAMILIES)
