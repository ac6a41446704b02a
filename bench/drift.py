"""drift: thousands of micro-batches into the same tables: neither may they take longer nor a day lie in ever more files."""

from __future__ import annotations

import sys

from bench.land import preloaded
from bench.pair import Row
from bench.sides import Kept
from shoplog.settings import Settings

_BATCHES = 5_000
_LINES_A_BATCH = 400
_RATIO = 1.1
# What upkeep leaves alone: below the number of files at which each size of a day is written together.
_FILES = 250


def measure(settings: Settings, scale: float, runs: int) -> list[Row]:
    """Return one row: medians of the first and the last tenth of the batches, after a rehearsal; `runs` does not matter."""
    lines = max(20, int(_BATCHES * scale)) * _LINES_A_BATCH
    with preloaded(settings, lines) as broker:
        own = broker.settings
        variables = {
            "SHOPLOG_HOME": str(own.home), "SHOPLOG_KAFKA_PORT": str(own.kafka_port), "SHOPLOG_TRIGGER_MS": "0",
            "SHOPLOG_MAX_OFFSETS_PER_TRIGGER": str(_LINES_A_BATCH),
        }  # fmt: skip
        ours = Kept("ours", [sys.executable, "-m", "bench.ours_drift"], variables, [broker.pid])
        try:
            run = ours.run()
        finally:
            ours.close()
    found = run.output
    ratio = found["last_ms"] / found["first_ms"]
    holds = found["lines"] == lines and ratio <= _RATIO and found["most_files"] <= _FILES
    return [
        {
            "name": "drift", "lines": lines, **{name: found[name] for name in ("batches", "first_ms", "last_ms")},
            "ratio": round(ratio, 3), "most_files_of_a_day": found["most_files"], "rewritten": found["rewritten"],
            "to_reach": f"ratio {_RATIO} at most, {_FILES} files of a day at most", "holds": holds,
        }
    ]  # fmt: skip
