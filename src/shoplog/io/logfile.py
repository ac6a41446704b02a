"""Log files, plain or compressed, as frames of lines with their offsets in the uncompressed bytes."""

from __future__ import annotations

import bz2
import gzip
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import polars as pl
import zstandard

from shoplog.errors import UserError

_LINES_A_FRAME = 50_000
# As on the way through Flume: what is longer is cut and quarantined.
_MAX_LINE_BYTES = 1_048_576
_COMPRESSED = (".gz", ".bz2", ".zst")


def file_identity(path: Path) -> str:
    """Return the file's name without a compression suffix: the name Flume would have sent."""
    return path.stem if path.suffix in _COMPRESSED else path.name


def _open(path: Path) -> IO[bytes]:
    opener: Any = {".zst": zstandard.open, ".gz": gzip.open, ".bz2": bz2.open}.get(path.suffix, open)
    opened: IO[bytes] = opener(path, "rb")
    return opened


def check_readable(path: Path) -> None:
    """Raise `UserError` where the file cannot be read."""
    if not path.is_file():
        raise UserError(f"{path} is not a file: name an access log.")
    try:
        with _open(path) as file:
            file.read(1)
    except (OSError, EOFError, zstandard.ZstdError) as error:
        raise UserError(f"{path} cannot be read: {error}.") from error


def read_lines(
    path: Path, site: str, host: str, ingest_time: datetime, start: int = 0, end: int | None = None
) -> Iterator[pl.DataFrame]:
    """Yield frames of site, host, file, byte_offset, line_bytes, raw, ingest_time and ingest_date.

    As Taildir does, a carriage return before the newline is dropped. Only lines that begin in [start, end) are given.
    """
    rows: list[tuple[int, int, bytes]] = []
    with _open(path) as file:
        offset = 0
        for line in file:
            if start <= offset and (end is None or offset < end):
                body = line.removesuffix(b"\n").removesuffix(b"\r")
                rows.append((offset, len(body), body[:_MAX_LINE_BYTES]))
            offset += len(line)
            if len(rows) == _LINES_A_FRAME:
                yield _frame(rows, path, site, host, ingest_time)
                rows = []
    if rows:
        yield _frame(rows, path, site, host, ingest_time)


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
