"""Freshness: from the moment a line was written to the moment its figures could be read in gold."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl

from shoplog.contracts.tables import BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE
from shoplog.io.commits import Commit, latest_version, read_commit, written_at
from shoplog.io.offsets import KafkaRange
from shoplog.settings import Settings


def freshness_ms(
    settings: Settings, marks: Path, since: float = 0.0, visible_at: Callable[[int], float] | None = None
) -> list[float]:
    """Return, per mark written since `since` (epoch s), the milliseconds until its last line stood in gold, sorted.

    A mark is (file, end_offset, written_at); its last line is the bronze row that ends there, and the line is visible
    once the version of the partials that covers its Kafka offset is: when that is on disk, or as `visible_at` says.
    """
    schema = {"file": pl.String, "end_offset": pl.Int64, "written_at": pl.Float64}
    written = pl.read_ndjson(marks, schema=schema).filter(pl.col("written_at") >= since)
    rows = pl.scan_delta(str(settings.warehouse / BRONZE_ACCESS_LOG.name)).filter(pl.col("fate") != "duplicate")
    ends = rows.select(
        "file",
        "kafka_partition",
        "kafka_offset",
        (pl.col("byte_offset") + pl.col("line_bytes") + 1).alias("end_offset"),
    )
    found = written.lazy().join(ends, on=["file", "end_offset"]).collect()
    gold = settings.warehouse / GOLD_PARTIAL_LIVE.name
    visible = _visible(gold, visible_at or (lambda version: written_at(gold, version)))
    delays = []
    for partition, offset, at in found.select("kafka_partition", "kafka_offset", "written_at").iter_rows():
        offsets, times = visible.get(partition, ([], []))
        commit = bisect_right(offsets, offset)
        if commit < len(times):
            delays.append((times[commit] - at) * 1000)
    return sorted(delays)


def percentile(values: list[float], share: float) -> float | None:
    """Return the value below which `share` of the sorted values lie; None of nothing."""
    return values[min(len(values) - 1, int(len(values) * share))] if values else None


def commits_of_lines(table: Path) -> Iterator[Commit]:
    """Yield a live table's commits that cover lines, oldest first: those of upkeep bring none."""
    for version in range((latest_version(table) or 0) + 1):
        commit = read_commit(table, version)
        if commit.metadata and not commit.metadata.get("upkeep"):
            yield commit


def _visible(table: Path, visible_at: Callable[[int], float]) -> dict[int, tuple[list[int], list[float]]]:
    """Return per Kafka partition the end offsets of gold's commits, rising, and when each was visible."""
    found: dict[int, tuple[list[int], list[float]]] = {}
    for commit in commits_of_lines(table):
        at = visible_at(commit.version)
        for partition, end in KafkaRange.from_metadata(commit.metadata).end.items():
            offsets, times = found.setdefault(partition, ([], []))
            if not offsets or end > offsets[-1]:
                offsets.append(end)
                times.append(at)
    return found
