"""freshness: from a line's writing until gold has it, and the stack's peak memory, at a steady rate; no peer."""

from __future__ import annotations

from bench.chain import passed
from bench.pair import Row
from shoplog.settings import Settings

_RATE = 20_000
_SECONDS = 120.0
_P50_MS, _P99_MS, _PEAK_MB = 1000, 2500, 5000


def measure(settings: Settings, scale: float, runs: int) -> list[Row]:
    """Return one row a run."""
    rows = []
    for _ in range(min(runs, 3)):
        found = passed(settings, _RATE, max(10.0, _SECONDS * scale))
        holds = found.p50_ms <= _P50_MS and found.p99_ms <= _P99_MS and found.used.peak_mb <= _PEAK_MB
        rows.append(found.row("freshness", f"p50 {_P50_MS} ms, p99 {_P99_MS} ms, {_PEAK_MB} MB", holds))
    return rows
