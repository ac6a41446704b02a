"""How much memory the whole stack holds at its peak."""

from __future__ import annotations

import threading

import psutil

from shoplog.settings import Settings
from shoplog.stack import supervised


class PeakMemory(threading.Thread):
    """Samples the resident memory of everything the stack started; `peak_mb` is the highest sum seen."""

    def __init__(self, settings: Settings) -> None:
        """Watch the stack of these settings."""
        super().__init__(daemon=True)
        self._settings, self.peak_mb = settings, 0
        self._enough = threading.Event()

    def stop(self) -> int:
        """Stop sampling and return the peak; the stack may be taken down now."""
        self._enough.set()
        self.join()
        return self.peak_mb

    def run(self) -> None:
        """Sample every two seconds until told to stop."""
        while not self._enough.wait(2):
            total = 0
            for part in supervised.status(self._settings):
                total += family_rss(part.pid) if part.pid else 0
            self.peak_mb = max(self.peak_mb, total >> 20)


def family_rss(pid: int) -> int:
    """Return the resident bytes of a process and its descendants, 0 where it has ended."""
    try:
        process = psutil.Process(pid)
        return sum(int(one.memory_info().rss) for one in (process, *process.children(recursive=True)))
    except psutil.Error:
        return 0
