"""Where a planted text stands below a home: in names, in bytes, and in what files hold compressed."""

from __future__ import annotations

import bz2
import gzip
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def places(home: Path, texts: Sequence[str]) -> Counter[str]:
    """Return how many of the texts stand in each file, by the folder of `home` and the file's ending."""
    found: Counter[str] = Counter()
    for path in sorted(home.rglob("*")):
        if path.is_file() and not path.is_symlink():
            content = b"\0".join(_contents(path))
            hits = sum(text.encode() in content for text in texts)
            if hits:
                found[str(path.relative_to(home))] += hits
    return found


def _contents(path: Path) -> Iterator[bytes]:
    try:
        yield path.name.encode() + b"\0" + path.read_bytes()
    except FileNotFoundError:  # its writer goes on meanwhile
        return
    if path.name.endswith(".parquet") and path.stat().st_size:
        for batch in pq.ParquetFile(path).iter_batches():
            yield from (bytes(part) for column in batch.columns for part in _buffers(column))
    elif path.suffix in (".gz", ".bz2"):
        yield (gzip if path.suffix == ".gz" else bz2).decompress(path.read_bytes())
    elif path.suffix == ".log" and path.stem.isdigit():
        yield from _records(path.read_bytes())


def _buffers(column: pa.Array) -> Iterator[pa.Buffer]:
    plain = column.dictionary_decode() if isinstance(column, pa.DictionaryArray) else column
    return (part for part in plain.buffers() if part is not None)


def _records(segment: bytes) -> Iterator[bytes]:
    """Yield the record sets of a Kafka segment, decompressed (message format 2, attributes in bytes 21 and 22)."""
    at, codecs = 0, {1: "gzip", 2: "snappy", 3: "lz4", 4: "zstd"}
    while at + 61 <= len(segment):
        size = int.from_bytes(segment[at + 8 : at + 12], "big") + 12
        codec = codecs.get(segment[at + 22] & 7)
        if codec in ("gzip", "zstd", "lz4"):
            with pa.CompressedInputStream(pa.BufferReader(segment[at + 61 : at + size]), codec) as opened:
                yield opened.read()
        at += size
