"""What a tree of processes uses while it is watched: wall time, CPU seconds and the peak of its memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import psutil

_LOOK_EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class Used:
    """Wall seconds, CPU seconds (user and system) and the highest sum of proportional set sizes in MB."""

    seconds: float
    cpu_s: float
    peak_mb: float


class Watch:
    """Watches processes and all that descend from them; `used` is complete once the block has ended.

    Memory is the proportional set size: what several processes share is counted once. It is looked at five times a
    second, so that a shorter peak can be missed; each look costs the watched processes some milliseconds.
    """

    def __init__(self, roots: Callable[[], list[int]], look_every_s: float = _LOOK_EVERY_S) -> None:
        """Take what names the roots now: a service may be started again while it is watched."""
        self._roots, self._done, self._every_s = roots, threading.Event(), look_every_s
        self._looker = threading.Thread(target=self._look, daemon=True)
        self._peak = 0
        self.used = Used(0.0, 0.0, 0.0)

    def __enter__(self) -> Self:
        """Begin."""
        self._began, self._cpu = time.monotonic(), _cpu_s(self._tree())
        self._looker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""
        seconds = time.monotonic() - self._began
        cpu_s = _cpu_s(self._tree()) - self._cpu
        self._done.set()
        self._looker.join()
        self.used = Used(seconds, cpu_s, self._peak / 1e6)

    def _tree(self) -> list[psutil.Process]:
        found: dict[int, psutil.Process] = {}
        for root in self._roots():
            with suppress(psutil.NoSuchProcess):
                process = psutil.Process(root)
                found |= {one.pid: one for one in (process, *process.children(recursive=True))}
        return list(found.values())

    def _look(self) -> None:
        while True:
            self._peak = max(self._peak, sum(_memory(one) for one in self._tree()))
            if self._done.wait(self._every_s):
                return


def _cpu_s(processes: list[psutil.Process]) -> float:
    """Return CPU seconds of the processes and of those of their children that ended."""
    total = 0.0
    for one in processes:
        with suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def _memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0
