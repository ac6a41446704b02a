"""Freshness: from the moment a line was written to the moment its figures could be read in gold."""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path

import polars as pl

from shoplog.contracts.tables import BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE
from shoplog.io.commits import latest_version, read_commit, written_at
from shoplog.io.offsets import KafkaRange
from shoplog.settings import Settings


def freshness_ms(settings: Settings, marks: Path, since: float = 0.0) -> list[float]:
    """Return, per mark written since `since` (epoch s), the milliseconds until its last line stood in gold.

    A mark is (file, end_offset, written_at); its last line is the bronze row that ends there, and the line is visible
    once the commit of the partials that covers its Kafka offset is on disk.
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
    visible = _visible(settings)
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


def _visible(settings: Settings) -> dict[int, tuple[list[int], list[float]]]:
    """Return per Kafka partition the end offsets of gold's commits, rising, and when each was on disk."""
    table = settings.warehouse / GOLD_PARTIAL_LIVE.name
    found: dict[int, tuple[list[int], list[float]]] = {}
    for version in range((latest_version(table) or 0) + 1):
        commit = read_commit(table, version)
        if commit.metadata and not commit.metadata.get("upkeep"):
            on_disk = written_at(table, version)
            for partition, end in KafkaRange.from_metadata(commit.metadata).end.items():
                offsets, times = found.setdefault(partition, ([], []))
                if not offsets or end > offsets[-1]:
                    offsets.append(end)
                    times.append(on_disk)
    return found
