"""viewers: many watch the live figures while lines come: what they see how late, and what it costs the stream; no peer."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import psutil

from bench.batch_times import BatchTimes
from bench.chain import CHAIN, WARM_S, marks, running_chain, send
from bench.log_lines import lines_of_now
from bench.pair import Row
from bench.seen import Seen
from dashboard.access import Access
from shoplog.contracts.tables import GOLD_PARTIAL_LIVE
from shoplog.io.commits import latest_version, written_at
from shoplog.ledger.freshness import commits_of_lines, freshness_ms, percentile
from shoplog.settings import Settings
from shoplog.stack import supervisor
from shoplog.stack.launch import environment

_VIEWERS, _RATE, _SECONDS = 500, 5_000, 90.0
_UPDATE_P95_MS, _RATIO = 2_000, 1.2


@dataclass(slots=True)
class Measured:
    """Milliseconds, of all runs of one form: of batches, from commits to each viewer, from lines to the last viewer."""

    lines: int = 0
    batch_ms: list[float] = field(default_factory=list)
    update_ms: list[float] = field(default_factory=list)
    line_ms: list[float] = field(default_factory=list)
    deliveries: int = 0
    seconds: float = 0.0
    web_cpu_s: float = 0.0
    viewers_cpu_s: float = 0.0


def measure(settings: Settings, scale: float, runs: int) -> list[Row]:
    """Return one row: the chain with the web server runs without viewers and with them, by turns."""
    viewers, seconds = max(10, int(_VIEWERS * scale)), max(10.0, _SECONDS * scale)
    forms = {0: Measured(), viewers: Measured()}
    for turn in range(min(runs, 3)):
        for count in forms if turn % 2 == 0 else reversed(forms):
            _run(settings, count, seconds, forms[count])
    alone, watched = forms.values()
    ratio = _at(0.95, watched.batch_ms) / _at(0.95, alone.batch_ms)
    return [
        {
            "name": "viewers", "viewers": viewers, "lines": watched.lines, "rate_per_s": _RATE,
            "snapshots_delivered": watched.deliveries,
            **_shown("update", watched.update_ms), **_shown("line", watched.line_ms),
            **_shown("batch", watched.batch_ms), **_shown("batch_alone", alone.batch_ms),
            "ratio": round(ratio, 2), "web_cores": round(watched.web_cpu_s / watched.seconds, 2),
            "web_cpu_us_per_snapshot": round(watched.web_cpu_s / watched.deliveries * 1e6),
            "viewer_cpu_us_per_snapshot": round(watched.viewers_cpu_s / watched.deliveries * 1e6),
            "to_reach": f"update p95 {_UPDATE_P95_MS} ms, ratio of batch p95 {_RATIO} at most",
            "holds": _at(0.95, watched.update_ms) <= _UPDATE_P95_MS and ratio <= _RATIO,
        }
    ]  # fmt: skip


def _run(settings: Settings, viewers: int, seconds: float, found: Measured) -> None:
    warm_s = min(WARM_S, seconds)
    with running_chain(settings, [*CHAIN, "web"]) as own:
        lines = lines_of_now(own, _RATE, warm_s + seconds)
        with BatchTimes(own.checkpoint) as batches:
            if not viewers:
                sent = send(own, lines, _RATE, warm_s)
            else:
                with _Viewers(own, viewers) as watching:
                    sent = send(own, lines, _RATE, warm_s)
                    watching.tell(sent.since, found)
        found.batch_ms += batches.took_ms(sent.since, sent.until)
        found.lines += sent.lines


class _Viewers:
    """The process of so many viewers of a web server that has no others; each has the first snapshot once the block begins."""

    def __init__(self, settings: Settings, viewers: int) -> None:
        pid = supervisor.pid(settings, "web")
        assert pid is not None
        self._settings, self._viewers, self._web = settings, viewers, psutil.Process(pid)

    def __enter__(self) -> Self:
        access, command = Access(self._settings), [sys.executable, "-m", "bench.viewer_process"]
        token = access.make_secret(access.user("admin"), "token", "bench viewers")
        self._process = subprocess.Popen(
            command, env=environment(self._settings), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._said({"port": self._settings.web_port, "token": token, "viewers": self._viewers}, "connected")
        self._began, self._web_cpu_s = time.monotonic(), self._cpu_s()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def tell(self, since: float, found: Measured) -> None:
        """Add what they saw of the lines written since then, all of which stand in gold."""
        table = self._settings.warehouse / GOLD_PARTIAL_LIVE.name
        newest = latest_version(table)
        assert newest is not None
        said = self._said(newest, "seen")
        found.seconds += time.monotonic() - self._began
        found.web_cpu_s += self._cpu_s() - self._web_cpu_s
        found.viewers_cpu_s += said["cpu_s"]
        seen = Seen(said["seen"], said["ended"], newest)
        found.deliveries += seen.deliveries
        for commit in commits_of_lines(table):
            on_disk = written_at(table, commit.version)
            if on_disk >= since:
                found.update_ms += [(at - on_disk) * 1e3 for at in seen.had_at(commit.version)]
        found.line_ms += freshness_ms(
            self._settings, marks(self._settings), since, lambda version: max(seen.had_at(version))
        )

    def _said(self, asked: object, word: str) -> Any:
        """Return what the process answers; raises `RuntimeError` where it has ended."""
        assert self._process.stdin and self._process.stdout
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        said, _, found = self._process.stdout.readline().partition(" ")
        if said != word:
            raise RuntimeError(f"viewers: their process ended with {self._process.wait()}: see its message above.")
        return json.loads(found)

    def _cpu_s(self) -> float:
        used = self._web.cpu_times()
        return float(used.user + used.system)


def _shown(name: str, values: list[float]) -> Row:
    return {f"{name}_p50_ms": round(_at(0.5, values)), f"{name}_p95_ms": round(_at(0.95, values))}


def _at(share: float, values: list[float]) -> float:
    found = percentile(sorted(values), share)
    assert found is not None, "nothing was measured in the counted time"
    return found
