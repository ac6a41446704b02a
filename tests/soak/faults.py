"""The kinds of fault of the soak: what is hit, by which signal, and how it is known to have bitten."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from random import Random
from typing import TypeVar

import psutil

from shoplog.io.kafka import topic_offsets
from shoplog.io.offsets import committed_offsets
from shoplog.settings import Settings
from shoplog.stack.supervised import states

Found = TypeVar("Found")
PATIENCE_S = 600
_POLL_S = 0.3


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind: a target and what is done to it; KILL and TERM end it, STOP halts it until it is told to go on."""

    target: str  # flume | kafka | census | stream (Python) | stream (JVM) | Python workers
    action: str  # KILL | TERM | STOP

    @property
    def part(self) -> str:
        """The supervised part that is hit."""
        return self.target if self.target in ("flume", "kafka", "census") else "stream"

    def __str__(self) -> str:
        return f"{self.target}: SIG{self.action}" + (" and SIGCONT" if self.action == "STOP" else "")


FAULTS = (
    *(Fault(target, action)
      for target in ("flume", "kafka", "census", "stream (Python)", "stream (JVM)") for action in ("KILL", "TERM", "STOP")),
    Fault("Python workers", "KILL"),
)  # fmt: skip


def dealt(seed: int) -> Iterator[tuple[Fault, ...]]:
    """Yield what happens next, without end: each kind once before any comes again, now and then two parts together."""
    rng = Random(seed)
    deck = chain.from_iterable(rng.sample(FAULTS, len(FAULTS)) for _ in iter(int, 1))
    waiting: list[Fault] = []
    while True:
        first = waiting.pop() if waiting else next(deck)
        if rng.random() < 0.3:
            second = next(deck)
            if second.part != first.part:
                yield first, second
                continue
            waiting.append(second)
        yield (first,)


def processes(settings: Settings, fault: Fault) -> list[psutil.Process]:
    """Return the target's processes; none while it is down or still starting."""
    state, pid = states(settings).get(fault.part, ("", None))
    if state != "running" or pid is None:
        return []
    try:
        main = psutil.Process(pid)
        if fault.target not in ("stream (JVM)", "Python workers"):
            return [main]
        below = main.children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    if fault.target == "stream (JVM)":
        return [one for one in below if one.name() == "java"][:1]
    return [one for one in below if "pyspark.daemon" in _command(one)]


def _command(process: psutil.Process) -> list[str]:
    """Return the command line; none of one that has just ended, which must not hide the others."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def progress(settings: Settings, target: str) -> int:
    """Return a figure that grows as long as the target works and lines are written."""
    if target == "flume":
        return sum(topic_offsets(settings, settings.topic_raw)[1].values())
    if target == "census":
        return sum(topic_offsets(settings, settings.topic_census)[1].values())
    return sum((committed_offsets(settings.warehouse / "gold_partial_live") or {}).values())


def bite(settings: Settings, fault: Fault, halted_s: float) -> Callable[[], str]:
    """Do it; return what waits for the evidence that it has bitten, as words."""
    targets = _wait(lambda: processes(settings, fault), f"{fault.target} is not there to be hit")
    before = {one.pid for one in targets}
    for one in targets:
        with suppress(psutil.NoSuchProcess):  # a worker ends with its daemon
            one.send_signal(getattr(signal, f"SIG{fault.action}"))
    if fault.action != "STOP":
        return lambda: _replaced(settings, fault, before)
    try:
        time.sleep(halted_s)
        halted = all(one.status() == psutil.STATUS_STOPPED for one in targets)
    finally:
        for one in targets:
            one.send_signal(signal.SIGCONT)
    assert halted, f"{fault.target} was not halted"
    return lambda: _went_on(settings, fault, halted_s)


def _replaced(settings: Settings, fault: Fault, before: set[int]) -> str:
    after = _wait(
        lambda: [one for one in processes(settings, fault) if one.pid not in before],
        f"no new {fault.target} after {fault}",
    )
    return f"process {min(before)} -> {after[0].pid}"


def _went_on(settings: Settings, fault: Fault, halted_s: float) -> str:
    at = _wait(lambda: [progress(settings, fault.target)], "unreadable")[0]
    _wait(lambda: progress(settings, fault.target) > at, f"{fault.target} did not go on after {fault}")
    return f"halted {halted_s:.0f} s, went on"


def _wait(condition: Callable[[], Found], what: str) -> Found:
    """Return what the condition gives once it is true of anything; an answer that fails on the way is none."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        with suppress(Exception):  # the broker or the supervisor may be away
            if found := condition():
                return found
        assert time.monotonic() < deadline, what
        time.sleep(_POLL_S)
