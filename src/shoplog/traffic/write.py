"""A paced writer: whole lines appended to time-named files, and when which byte was written."""

from __future__ import annotations

import json
import time
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

_MARK_EVERY_S = 0.1
_SLICE_S = 0.02


class PacedWriter:
    """Appends chunks of lines at a rate; every 100 ms it notes (file, end_offset, written_at) in written.jsonl."""

    def __init__(self, log_dir: Path, rate: float | None) -> None:
        """Open the notes beside the log folder."""
        log_dir.mkdir(parents=True, exist_ok=True)
        self._dir, self._rate = log_dir, rate
        self._files: dict[str, BinaryIO] = {}
        self._marks = (log_dir.parent / "written.jsonl").open("a", encoding="utf-8")
        self._began, self._lines, self._marked = time.monotonic(), 0, 0.0

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every file."""
        for file in self._files.values():
            file.close()
        self._marks.close()

    @property
    def chunk_lines(self) -> int:
        """Return how many lines a chunk should have, so that a slice takes 20 ms."""
        return 4096 if self._rate is None else max(1, min(4096, int(self._rate * _SLICE_S)))

    def write(self, file: str, lines: list[bytes]) -> int:
        """Append whole lines in one write when their time has come; return the bytes written."""
        if self._rate is not None:
            time.sleep(max(0.0, self._began + self._lines / self._rate - time.monotonic()))
        if file not in self._files:
            self._files[file] = (self._dir / file).open("ab", buffering=0)
        log = self._files[file]
        block = b"\n".join(lines) + b"\n"
        log.write(block)
        self._lines += len(lines)
        if time.monotonic() - self._marked >= _MARK_EVERY_S:
            self._marked = time.monotonic()
            print(
                json.dumps({"file": file, "end_offset": log.tell(), "written_at": time.time()}),
                file=self._marks,
                flush=True,
            )
        return len(block)
