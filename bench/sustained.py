"""sustained: the whole chain at a rate for minutes; lines must not pile up; no peer."""

from __future__ import annotations

from bench.chain import passed
from bench.pair import Row
from shoplog.settings import Settings

_RATE = 50_000
_SECONDS = 600.0
_BEHIND_S = 10


def measure(settings: Settings, scale: float, runs: int) -> list[Row]:
    """Return one row: `behind_s` is how long after the last line was written all of them stood in gold."""
    found = passed(settings, _RATE, max(10.0, _SECONDS * scale))
    return [
        {
            "name": "sustained", "lines": found.lines, "rate_per_s": _RATE, "behind_s": round(found.behind_s, 1),
            "p50_ms": round(found.p50_ms), "p99_ms": round(found.p99_ms), "stack_peak_mb": round(found.used.peak_mb),
            "stack_cpu_us_per_line": round(found.used.cpu_s / found.lines * 1e6, 1),
            "to_reach": f"{_BEHIND_S} s behind at most", "holds": found.behind_s <= _BEHIND_S,
        }
    ]  # fmt: skip
