"""Every measure that is exported, once: its name, kind, labels and meaning; docs/monitoring.md takes them from here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

# A measure's name, the values of its labels, its value.
Sample = tuple[str, tuple[str, ...], float]
Samples = Iterator[Sample]


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure as Prometheus knows it; times are seconds, sizes bytes."""

    name: str
    meaning: str
    labels: tuple[str, ...] = ()
    kind: Literal["gauge", "counter"] = "gauge"


_ALL = (
    Measure("shoplog_source_failed", "1 where a source of measures could not be read at this scrape, else 0", ("source",)),
    Measure("shoplog_part_up", "1 while the supervisor says that the part runs, else 0", ("part",)),
    Measure("shoplog_part_memory_bytes", "resident memory of the part and what it started", ("part",)),
    Measure("shoplog_disk_bytes", "size of the disk that SHOPLOG_HOME lies on"),
    Measure("shoplog_disk_free_bytes", "what is free of it"),
    Measure("shoplog_kafka_end_offset", "the next offset that the broker gives", ("partition",), "counter"),
    Measure("shoplog_stream_committed_offset", "the next offset that gold has no line of", ("partition",), "counter"),
    Measure("shoplog_stream_lag_lines", "lines in Kafka that gold does not have yet", ("partition",)),
    Measure("shoplog_stream_running", "1 while the driver says that it runs, else 0"),
    Measure("shoplog_stream_desired_running", "1 while it shall run, else 0"),
    Measure("shoplog_stream_epoch", "epoch of the orders, and of the driver that follows them", ("of",)),
    Measure("shoplog_stream_status_age_seconds", "since the driver last said anything"),
    Measure("shoplog_stream_batch_seconds", "the last finished batch: whole, and its stages land, measure, finish", ("stage",)),
    Measure("shoplog_flume_events", "events that Flume took from files and gave to Kafka", ("step",), "counter"),
    Measure("shoplog_lines", "lines in gold by what became of them", ("fate",), "counter"),
    Measure("shoplog_quarantined_lines", "quarantined lines by their reason", ("reason",), "counter"),
    Measure("shoplog_requests_per_second", "accepted requests, over the last one to two minutes"),
    Measure("shoplog_visitors", "people who were there in the last five minutes, estimated"),
    Measure("shoplog_open_sessions", "sessions with a hit in the last half hour"),
    Measure("shoplog_error_ratio", "share of 4xx and 5xx in the last five minutes"),
    Measure("shoplog_commit_age_seconds", "since gold had its newest commit"),
    Measure("shoplog_event_age_seconds", "since the newest minute that gold has lines of ended"),
    Measure("shoplog_table_files", "data files of a live table", ("table",)),
    Measure("shoplog_days", "the last 30 days by their light", ("light",)),
    Measure("shoplog_certificate_equal_timestamp_seconds", "when a certificate last said equal, by site", ("site",)),
    Measure("shoplog_certificate_equal_day_timestamp_seconds", "the newest day whose certificate says equal, by site", ("site",)),
    Measure("shoplog_ledger_residue_lines", "lines unaccounted for on the newest certified day, by site", ("site",)),
)  # fmt: skip
MEASURES = {measure.name: measure for measure in _ALL}
