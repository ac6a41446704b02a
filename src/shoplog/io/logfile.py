"""Log files, plain or compressed, as frames of lines with their offsets in the uncompressed bytes."""

from __future__ import annotations

import bz2
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import polars as pl
import zstandard

from shoplog.errors import UserError

_LINES_A_FRAME = 50_000
_BYTES_A_FRAME = 64 << 20
# As on the way through Flume: what is longer is cut and quarantined.
_MAX_LINE_BYTES = 1_048_576
_READ_AT_ONCE = 1 << 20
# Longer than any line that is kept whole.
_PIECE = _MAX_LINE_BYTES + 2
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
    """Yield frames of site, host, file, byte_offset, line_bytes, raw, ingest_time and ingest_date.

    As Taildir does, a carriage return before the newline is dropped. Only lines that begin in [start, end) are given.
    Raises `UserError` where a compressed file is damaged: what came before was given, what comes after is not there.
    """
    rows: list[tuple[int, int, bytes]] = []
    offset = held = 0
    try:
        with _open(path) as file:
            readline = file.readline
            # A line of any length is no danger: only its first MiB is held.
            while (end is None or offset < end) and (line := readline(_PIECE)):
                length, body = len(line), line.removesuffix(b"\n").removesuffix(b"\r")
                size = len(body)
                if length == _PIECE and not line.endswith(b"\n"):
                    more, ending = _skip_line(readline, line[-1:])
                    length, size = length + more, length + more - len(ending)
                if start <= offset:
                    rows.append((offset, size, body if size <= _MAX_LINE_BYTES else body[:_MAX_LINE_BYTES]))
                    held += len(body)
                offset += length
                if len(rows) == lines_a_frame or held > _BYTES_A_FRAME:
                    yield _frame(rows, path, site, host, ingest_time)
                    rows, held = [], 0
    except _DAMAGE as error:
        raise UserError(f"{path} cannot be read beyond byte {offset} of its content: {error}.") from error
    if rows:
        yield _frame(rows, path, site, host, ingest_time)


def _skip_line(readline: Callable[[int], bytes], last: bytes) -> tuple[int, bytes]:
    """Return the length of the rest of a line longer than any that is kept whole, and its line end; `last` came before."""
    length = 0
    while not last.endswith(b"\n") and (piece := readline(_PIECE)):
        length, last = length + len(piece), (last + piece)[-2:]
    bare = last.removesuffix(b"\n").removesuffix(b"\r")
    return length, last[len(bare) :]


def _frame(rows: list[tuple[int, int, bytes]], path: Path, site: str, host: str, ingest_time: datetime) -> pl.DataFrame:
    schema = {"byte_offset": pl.Int64, "line_bytes": pl.Int64, "raw": pl.Binary}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        pl.lit(site).alias("site"),
        pl.lit(host).alias("host"),
        pl.lit(file_identity(path)).alias("file"),
        pl.lit(ingest_time).cast(pl.Datetime("us", "UTC")).alias("ingest_time"),
        pl.lit(ingest_time.date()).alias("ingest_date"),
        pl.lit(None, pl.Int32).alias("kafka_partition"),
        pl.lit(None, pl.Int64).alias("kafka_offset"),
    )
