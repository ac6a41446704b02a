"""Log files, plain or compressed, as frames of lines with their offsets in the uncompressed bytes."""

from __future__ import annotations

import bz2
import gzip
import io
import math
import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import polars as pl
import zstandard

from shoplog.errors import UserError
from shoplog.io.lines import split_lines

_LINES_A_FRAME = 50_000
_BYTES_A_FRAME = 64 << 20
_READ_AT_ONCE = 1 << 20
_COMPRESSED = (".gz", ".bz2", ".zst")
_DAMAGE = (OSError, EOFError, zlib.error, zstandard.ZstdError)


def file_identity(path: Path) -> str:
    """Return the file's name without a compression suffix: the name Flume would have sent."""
    return path.stem if path.suffix in _COMPRESSED else path.name


class _ZstdFile(io.RawIOBase):
    """The bytes of every frame of a zst file; `EOFError` where the last one is cut, which zstandard itself lets pass."""

    def __init__(self, path: Path) -> None:
        self._pieces = self._decompressed(path)
        self._left = memoryview(b"")

    @staticmethod
    def _decompressed(path: Path) -> Iterator[bytes]:
        frame = None
        with path.open("rb") as file:
            while chunk := file.read(_READ_AT_ONCE):
                while chunk:
                    frame = frame or zstandard.ZstdDecompressor().decompressobj()
                    yield frame.decompress(chunk)
                    chunk = frame.unused_data if frame.eof else b""
                    frame = None if frame.eof else frame
        if frame is not None:
            raise EOFError("the file ends inside a compressed frame")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = memoryview(piece)
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size


def _open(path: Path) -> IO[bytes]:
    if path.suffix == ".zst":
        return io.BufferedReader(_ZstdFile(path), _READ_AT_ONCE)
    opener: Any = {".gz": gzip.open, ".bz2": bz2.open}.get(path.suffix, open)
    opened: IO[bytes] = opener(path, "rb")
    return opened


def check_readable(path: Path) -> None:
    """Raise `UserError` where the file cannot be read."""
    if not path.is_file():
        raise UserError(f"{path} is not a file: name an access log.")
    try:
        with _open(path) as file:
            file.read(1)
    except _DAMAGE as error:
        raise UserError(f"{path} cannot be read: {error}.") from error


def read_lines(
    path: Path, site: str, host: str, ingest_time: datetime, start: int = 0, end: int | None = None,
    lines_a_frame: int = _LINES_A_FRAME,
) -> Iterator[pl.DataFrame]:  # fmt: skip
    """Yield frames of site, host, file, byte_offset, line_bytes, raw, ingest_time and ingest_date; nothing is refused yet.

    Only lines that begin in [start, end) are given. Raises `UserError` where a compressed file is damaged: what came before
    was given, what comes after is not there.
    """
    named = [
        pl.lit(site).alias("site"),
        pl.lit(host).alias("host"),
        pl.lit(file_identity(path)).alias("file"),
        pl.lit(ingest_time).cast(pl.Datetime("us", "UTC")).alias("ingest_time"),
        pl.lit(ingest_time.date()).alias("ingest_date"),
        pl.lit(None, pl.Int32).alias("kafka_partition"),
        pl.lit(None, pl.Int64).alias("kafka_offset"),
        pl.lit(None, pl.String).alias("reason"),
    ]
    for lines in _frames(_asked(path, start, end), lines_a_frame):
        yield lines.with_columns(named)


def _asked(path: Path, start: int, end: int | None) -> Iterator[pl.DataFrame]:
    """Yield the lines that begin in [start, end), some megabytes at a time."""
    read = 0
    try:
        with _open(path) as file:
            for lines in split_lines(file):
                read = lines["byte_offset"][-1] + lines["line_bytes"][-1]
                asked = lines.filter(pl.col("byte_offset").is_between(start, math.inf if end is None else end - 1))
                if len(asked):
                    yield asked
                if end is not None and read >= end:
                    break
    except _DAMAGE as error:
        raise UserError(f"{path} cannot be read beyond byte {read} of its content: {error}.") from error


def _frames(pieces: Iterator[pl.DataFrame], lines_a_frame: int) -> Iterator[pl.DataFrame]:
    """Yield the same lines so many at a time; fewer where they are long."""
    some: list[pl.DataFrame] = []
    for piece in pieces:
        some.append(piece)
        if sum(map(len, some)) < lines_a_frame and sum(map(_bytes, some)) <= _BYTES_A_FRAME:
            continue
        together = pl.concat(some)
        whole = len(together) // lines_a_frame * lines_a_frame or len(together)
        yield from together[:whole].iter_slices(lines_a_frame)
        some = [together[whole:]]
    if any(map(len, some)):
        yield pl.concat(some)


def _bytes(lines: pl.DataFrame) -> int:
    return int(lines["raw"].bin.size().sum())
