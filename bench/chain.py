"""The whole chain under paced traffic, in a home of its own: broker, agent, census and stream by the stack's own supervisor."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.broker import own_home, wait_until
from bench.log_lines import SITE, lines_of_now
from bench.pair import Row
from bench.watch import Used, Watch
from shoplog.io.kafka import topic_offsets
from shoplog.ledger.freshness import freshness_ms, percentile
from shoplog.settings import Settings
from shoplog.stack import control, supervisor
from shoplog.stack.daemon import connected
from shoplog.traffic.write import PacedWriter

CHAIN = ["kafka", "flume", "census", "stream"]
_PATIENCE_S = 600
WARM_S = 60.0


@dataclass(frozen=True, slots=True)
class Passed:
    """How lines passed: what the stack used, how long each mark took to gold, and how many seconds the last line lagged."""

    lines: int
    rate: int
    used: Used
    p50_ms: float
    p99_ms: float
    behind_s: float

    def row(self, name: str, to_reach: str, holds: bool) -> Row:
        """Return the row of a benchmark's results."""
        return {
            "name": name, "lines": self.lines, "rate_per_s": self.rate, "p50_ms": round(self.p50_ms),
            "p99_ms": round(self.p99_ms), "behind_s": round(self.behind_s, 1), "stack_peak_mb": round(self.used.peak_mb),
            "stack_cpu_us_per_line": round(self.used.cpu_s / self.lines * 1e6, 1), "to_reach": to_reach, "holds": holds,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sent:
    """Lines that all stand in gold, the last `behind_s` after it was written; counted are those of `since` to `until` (epoch s)."""

    lines: int
    since: float
    until: float
    behind_s: float
    used: Used


@contextmanager
def running_chain(settings: Settings, parts: list[str]) -> Iterator[Settings]:
    """Yield the settings of a stack that runs and streams, in a home of its own."""
    with own_home(settings) as own:
        try:
            supervisor.up(own, parts)
            wait_until(lambda: control.read_status(own).state == "running", "the stream does not run", _PATIENCE_S)
            yield own
        finally:
            supervisor.down(own)


def passed(settings: Settings, rate: int, seconds: float, parts: list[str] = CHAIN) -> Passed:
    """Return how the lines of so many seconds passed the chain at this rate, after some seconds that are not counted."""
    with running_chain(settings, parts) as own:
        sent = send(own, lines_of_now(own, rate, WARM_S + seconds), rate, WARM_S)
        delays = freshness_ms(own, marks(own), sent.since)
        p50, p99 = percentile(delays, 0.5), percentile(delays, 0.99)
        assert p50 is not None and p99 is not None, "no mark was seen in gold"
        return Passed(sent.lines, rate, sent.used, p50, p99, sent.behind_s)


def send(settings: Settings, chunks: Iterable[tuple[str, list[bytes]]], rate: int, warm_s: float) -> Sent:
    """Write lines at this rate, those of the first `warm_s` uncounted, and return once all of them stand in gold."""
    pid = int(connected(settings).getPID())
    began = time.time()
    with Watch(lambda: [one.pid for one in psutil.Process(pid).children()], look_every_s=2) as watch:
        lines = _write(chunks, marks(settings).parent / "logs", rate)
        written = time.time()
        wait_until(lambda: _measured(settings) >= lines, "lines are still on their way", _PATIENCE_S)
    behind_s = time.time() - written
    assert _measured(settings) == sum(topic_offsets(settings, settings.topic_raw)[1].values()) == lines
    return Sent(lines, began + warm_s, written, behind_s, watch.used)


def marks(settings: Settings) -> Path:
    """Return where it stands which line was written when."""
    return settings.home / "sites" / SITE / "written.jsonl"


def _write(chunks: Iterable[tuple[str, list[bytes]]], folder: Path, rate: int) -> int:
    written = 0
    with PacedWriter(folder, rate) as writer:
        for name, lines in chunks:
            written += len(lines)
            for at in range(0, len(lines), writer.chunk_lines):
                writer.write(name, lines[at : at + writer.chunk_lines])
    return written


def _measured(settings: Settings) -> int:
    return sum(control.read_status(settings).committed.values())
