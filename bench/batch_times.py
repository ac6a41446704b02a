"""How long the stream's micro-batches take, of the two entries that Spark writes of each: as it begins, and when it is done."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

# Spark keeps the entries of the last hundred batches, which are some fifty seconds at least.
_LOOK_EVERY_S = 5.0


class BatchTimes:
    """Follows a checkpoint while the stream runs, because its old entries are removed."""

    def __init__(self, checkpoint: Path) -> None:
        """Begin with what is there."""
        self._logs = checkpoint / "offsets", checkpoint / "commits"
        self._written: tuple[dict[int, float], dict[int, float]] = {}, {}
        self._done = threading.Event()
        self._looker = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._looker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End, after a last look."""
        self._done.set()
        self._looker.join()
        self._look()

    def took_ms(self, since: float, until: float) -> list[float]:
        """Return the milliseconds of each batch that was under way between `since` and `until` (epoch s), sorted.

        Raises `RuntimeError` where there is none, or one was not seen: nothing is known of it then.
        """
        began, ended = self._written
        batches = sorted(batch for batch, at in began.items() if at <= until and ended.get(batch, until) >= since)
        if not batches or batches != list(range(batches[0], batches[-1] + 1)) or not ended.keys() >= set(batches):
            raise RuntimeError(f"batches under way: {batches}; not all of them were seen to begin and to end")
        return sorted((ended[batch] - began[batch]) * 1e3 for batch in batches)

    def _follow(self) -> None:
        while not self._done.wait(_LOOK_EVERY_S):
            self._look()

    def _look(self) -> None:
        for log, written in zip(self._logs, self._written, strict=True):
            for entry in log.iterdir():
                if entry.name.isdigit() and int(entry.name) not in written:
                    with suppress(FileNotFoundError):  # removed since it was listed
                        written[int(entry.name)] = entry.stat().st_mtime
