"""How long the query's batches took: from their entry in Spark's offset log to the one in its commit log."""

from __future__ import annotations

import statistics
import threading
from pathlib import Path

_LOOK_EVERY_S = 5.0


class BatchTimes(threading.Thread):
    """Looks while the query runs, because Spark keeps only its last hundred batches."""

    def __init__(self, checkpoint: Path) -> None:
        super().__init__(daemon=True)
        self._checkpoint, self._stop_asked = checkpoint, threading.Event()
        self._seconds: dict[int, float] = {}

    def run(self) -> None:
        while not self._stop_asked.wait(_LOOK_EVERY_S):
            self._look()

    def end(self) -> list[float]:
        """Stop; return the seconds of each batch, in order."""
        self._stop_asked.set()
        self.join()
        self._look()
        return [seconds for _, seconds in sorted(self._seconds.items())]

    def _look(self) -> None:
        for entry in (self._checkpoint / "commits").glob("[0-9]*"):
            began = self._checkpoint / "offsets" / entry.name
            try:
                self._seconds[int(entry.name)] = entry.stat().st_mtime - began.stat().st_mtime
            except OSError:
                continue


def fifths(seconds: list[float]) -> tuple[float, float]:
    """Return the median of the first fifth of batches and of the last, in seconds: a kill's own batch does not sway it."""
    size = max(1, len(seconds) // 5)
    return statistics.median(seconds[:size]), statistics.median(seconds[-size:])
