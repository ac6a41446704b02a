"""What is on its way: records in Kafka that bronze has not, and lines in the files that Taildir has not sent."""

from __future__ import annotations

import json
import os
from itertools import islice

import polars as pl

from shoplog.contracts.tables import BRONZE_ACCESS_LOG
from shoplog.io.kafka import records, topic_offsets
from shoplog.io.marks import FileKey
from shoplog.io.offsets import committed_offsets
from shoplog.ledger.coverage import Range
from shoplog.ledger.landed import FILE
from shoplog.settings import Settings
from shoplog.sites import Site
from shoplog.transforms.identity import read_identity

_RECORDS_A_FRAME = 50_000
_CHUNK_BYTES = 8 << 20


def unlanded_lines(settings: Settings) -> dict[FileKey, pl.DataFrame]:
    """Return byte_offset and line_bytes of each file's records between bronze's offsets and Kafka's end, by reading them."""
    beginning, end = topic_offsets(settings, settings.topic_raw)
    bronze = committed_offsets(settings.warehouse / BRONZE_ACCESS_LOG.name) or {}
    start = {p: max(bronze.get(p, 0), beginning[p]) for p in end}
    values = records(settings, settings.topic_raw, start, end)
    found: dict[FileKey, list[pl.DataFrame]] = {}
    schema = {"kafka_partition": pl.Int32, "kafka_offset": pl.Int64, "value": pl.Binary}
    while batch := list(islice(values, _RECORDS_A_FRAME)):
        lines = read_identity(pl.DataFrame(batch, schema=schema, orient="row"))
        files = lines.select(*FILE, "byte_offset", "line_bytes").partition_by(FILE, as_dict=True, include_key=False)
        for (site, host, file), part in files.items():
            found.setdefault((str(site), str(host), str(file)), []).append(part)
    return {key: pl.concat(parts) for key, parts in found.items()}


class Agent:
    """Taildir on this host: how far it has read each file, by the position it keeps."""

    def __init__(self, settings: Settings, sites: dict[str, Site]) -> None:
        """Read the positions; the last good copy where the file is caught being rewritten."""
        self._settings, self._sites = settings, sites
        self._positions = _positions(settings)

    def reading(self, key: FileKey) -> tuple[int | None, int]:
        """Return the byte up to which a file was sent, and the bytes it has now.

        None and 0 where this host does not have it, so that nothing is to come.
        """
        path = self._path(key)
        try:
            return (self._positions.get(path, 0), os.path.getsize(path)) if path is not None else (None, 0)
        except FileNotFoundError:
            return None, 0

    def lines(self, key: FileKey, ranges: list[Range]) -> int:
        """Return the line ends in byte ranges of a file that is here."""
        path = self._path(key)
        return _line_ends(path, ranges) if path is not None and ranges else 0

    def _path(self, key: FileKey) -> str | None:
        site, host, file = key
        path = self._sites[site].log_dir / file if site in self._sites and host == self._settings.host else None
        return str(path) if path is not None and path.exists() else None


def _positions(settings: Settings) -> dict[str, int]:
    for path in (settings.taildir_position, settings.taildir_position_good):
        try:
            return {entry["file"]: int(entry["pos"]) for entry in json.loads(path.read_text(encoding="utf-8"))}
        except (OSError, ValueError):
            continue
    return {}


def _line_ends(path: str, ranges: list[Range]) -> int:
    count = 0
    with open(path, "rb") as log:
        for start, end in ranges:
            log.seek(start)
            left = end - start
            while left > 0 and (chunk := log.read(min(left, _CHUNK_BYTES))):
                count, left = count + chunk.count(b"\n"), left - len(chunk)
    return count
