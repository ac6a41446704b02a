"""A range of a log file's bytes, as the ledger prints it and `shoplog import --range` takes it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from shoplog.errors import UserError

_CHUNK_BYTES = 4 << 20
_TEXT = re.compile(r"(.+):(\d+)-(\d+)", re.DOTALL)
# A newline and the carriage returns before it: where line ends differ, the ledger may name a range from inside one.
_MAX_LINE_END_BYTES = 3


@dataclass(frozen=True, slots=True)
class FileRange:
    """The lines of a file that begin in [start, end) of its uncompressed bytes; up to its end where that is None."""

    path: Path
    start: int = 0
    end: int | None = None


def parse_range(text: str) -> FileRange:
    """Return the range a user wrote as FILE:FROM-TO; FROM is a line's first byte, TO the byte after the last."""
    found = _TEXT.fullmatch(text)
    if found is None or int(found[2]) >= int(found[3]):
        raise UserError(f"{text!r} is no range: write FILE:FROM-TO with FROM below TO, as 'shoplog ledger' prints it.")
    return FileRange(Path(found[1]), int(found[2]), int(found[3]))


@dataclass(slots=True)
class _Around:
    """What a pass over a file finds of a range: line starts beside its first byte, lines in it, bytes in the file."""

    before: int = 0
    after: int | None = None
    from_start: bytes = b""
    newlines: int = 0
    total: int = 0

    def look(self, chunk: bytes, start: int, end: int) -> None:
        at = self.total
        self.newlines += chunk.count(b"\n", max(0, start - 1 - at), max(0, end - 1 - at))
        cut = max(0, start - at)
        self.before = max(self.before, at + chunk.rfind(b"\n", 0, cut) + 1 if b"\n" in chunk[:cut] else 0)
        if self.after is None and cut < len(chunk):
            self.from_start = (self.from_start + chunk[cut : cut + _MAX_LINE_END_BYTES])[:_MAX_LINE_END_BYTES]
            newline = chunk.find(b"\n", cut)
            self.after = at + newline + 1 if newline >= 0 else None
        self.total += len(chunk)

    def begins_at(self, start: int) -> bool:
        """Return whether a line begins at `start`, or only the rest of a line end lies before the next one."""
        only_line_end = self.after is not None and not self.from_start[: self.after - start].strip(b"\r\n")
        return self.before == start or (only_line_end and (self.after or 0) - start <= _MAX_LINE_END_BYTES)


def lines_in(asked: FileRange) -> int:
    """Return how many lines begin in the range, counted apart from the reader that imports them.

    Raises `UserError` where no line begins at its first byte, or where the file ends before its last.
    """
    start, around = asked.start, _Around()
    with pa.input_stream(str(asked.path), compression="detect") as log:
        while chunk := log.read(_CHUNK_BYTES):
            around.look(chunk, start, asked.end or start)
    if asked.end is None or asked.end > around.total:
        raise UserError(
            f"{asked.path} has {around.total} bytes, uncompressed, and the range runs to {asked.end}: end it at "
            f"{around.total} or before."
        )
    if not around.begins_at(start):
        after = f" and {around.after}" if around.after is not None and around.after < around.total else ""
        raise UserError(f"No line of {asked.path} begins at byte {start}: the nearest begin at {around.before}{after}.")
    return around.newlines + (start == 0)
