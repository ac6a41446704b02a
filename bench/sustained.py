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
    return [found.row("sustained", f"{_BEHIND_S} s behind at most", found.behind_s <= _BEHIND_S)]
