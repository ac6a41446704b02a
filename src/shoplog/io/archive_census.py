"""What a log file holds, plain or compressed: counted apart from the reader that imports it, so that one proves the other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

_CHUNK_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class ArchiveCensus:
    """Bytes in whole lines and whole lines, uncompressed, as a census counts; and whether bytes follow the last newline."""

    size: int
    lines: int
    has_unfinished: bool


def count_archive(path: Path) -> ArchiveCensus:
    """Return what the file holds; its suffix says how it is compressed."""
    size = lines = read = 0
    with pa.input_stream(str(path), compression="detect") as log:
        while chunk := log.read(_CHUNK_BYTES):
            newlines = chunk.count(b"\n")
            if newlines:
                lines, size = lines + newlines, read + chunk.rindex(b"\n") + 1
            read += len(chunk)
    return ArchiveCensus(size, lines, read > size)
