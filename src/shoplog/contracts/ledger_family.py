"""The ledger's counts travel with the figures: every line of a file, whatever became of it. Kept live only."""

from __future__ import annotations

from shoplog.contracts.metrics import count
from shoplog.contracts.model import Family, Metric

_NEW = "fate != 'duplicate'"
LEDGER = Family(
    "ledger",
    "",
    1440,
    ("host", "file", "kafka_partition", "reason"),
    (
        count("lines", "count(*)", "lines", "bronze rows"),
        count("accepted", "count(*) filter (where fate = 'accepted')", "lines", "rows accepted"),
        count("quarantined", "count(*) filter (where fate = 'quarantined')", "lines", "rows refused"),
        count("duplicates", "count(*) filter (where fate = 'duplicate')", "lines", "rows seen before"),
        count(
            "covered_bytes",
            f"coalesce(sum(line_bytes + 1) filter (where {_NEW}), 0)",
            "bytes",
            "bytes of the rows that are no duplicates, with one line end each",
        ),
        Metric(
            "highest_byte_offset",
            "bigint",
            "max(byte_offset)",
            "max(highest_byte_offset)",
            "bytes",
            "the mark: highest byte offset seen in this Kafka partition",
        ),
    ),
    "lines of each file and what became of them",
    of="true",
    time="ingest_time",
)
