"""Bytes as frames of lines with their offsets, split natively: no Python for each line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

_READ_AT_ONCE = 4 << 20
# As on the way through Flume: what is longer is cut and quarantined.
MAX_LINE_BYTES = 1_048_576
# Longer than any line that is kept whole, with its end.
_PIECE = MAX_LINE_BYTES + 2


def split_lines(file: IO[bytes]) -> Iterator[pl.DataFrame]:
    """Yield byte_offset, line_bytes (without the line end) and raw (its first MiB) of the lines, some megabytes at a time.

    As Taildir does, a carriage return before the newline is dropped.
    """
    offset, rest = 0, b""
    while chunk := file.read(_READ_AT_ONCE):
        held = rest + chunk
        end = held.rfind(b"\n") + 1
        if end:
            yield _split(held[:end], offset)
        offset, rest = offset + end, held[end:]
        if len(rest) > _PIECE:
            length, size, line, rest = _long_line(file, rest)
            yield _frame([offset], [size], [line])
            offset += length
    if rest:
        yield _split(rest if rest.endswith(b"\n") else rest + b"\n", offset)


def _split(lines: bytes, offset: int) -> pl.DataFrame:
    """Return whole lines, of which the first begins at `offset`."""
    raw = pl.Series(pc.split_pattern(pa.array([memoryview(lines)[:-1]], pa.large_binary()), b"\n").flatten())
    length = raw.bin.size().cast(pl.Int64) + 1
    rows = _frame(offset + length.cum_sum() - length, length - 1, raw)
    if b"\r" in lines:
        has_return = pl.col("raw").bin.ends_with(b"\r")
        rows = rows.with_columns(pl.when(has_return).then(pl.col("line_bytes") - 1).otherwise("line_bytes"))
        rows = rows.with_columns(pl.when(has_return).then(pl.col("raw").bin.head("line_bytes")).otherwise("raw"))
    is_long = pl.col("line_bytes") > MAX_LINE_BYTES
    if rows.select(is_long.any()).item():
        rows = rows.with_columns(pl.when(is_long).then(pl.col("raw").bin.head(MAX_LINE_BYTES)).otherwise("raw"))
    return rows


def _long_line(file: IO[bytes], begun: bytes) -> tuple[int, int, bytes, bytes]:
    """Return a long line's length with and without its end, its first MiB, and what was read beyond it.

    A line of any length is no danger: only its first MiB is held.
    """
    length, last, beyond = len(begun), begun[-2:], b""
    while not last.endswith(b"\n") and (chunk := file.read(_READ_AT_ONCE)):
        end = chunk.find(b"\n") + 1 or len(chunk)
        length, last, beyond = length + end, (last + chunk[:end])[-2:], chunk[end:]
    ending = len(last) - len(last.removesuffix(b"\n").removesuffix(b"\r"))
    return length, length - ending, begun[:MAX_LINE_BYTES], beyond


def _frame(offsets: object, sizes: object, raw: object) -> pl.DataFrame:
    schema = {"byte_offset": pl.Int64, "line_bytes": pl.Int64, "raw": pl.Binary}
    return pl.DataFrame({"byte_offset": offsets, "line_bytes": sizes, "raw": raw}, schema=schema)
