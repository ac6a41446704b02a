"""What the log files hold: bytes in whole lines and whole lines of each, as censuses and imports have counted them."""

from __future__ import annotations

import json

import polars as pl

from shoplog.contracts.proof import LEDGER_CENSUS_IMPORT, LEDGER_CENSUS_LIVE
from shoplog.io.kafka import records, topic_offsets
from shoplog.io.marks import FileKey
from shoplog.io.offsets import committed_offsets
from shoplog.settings import Settings

Counted = tuple[int, int]  # bytes in whole lines, whole lines


def census(settings: Settings) -> dict[FileKey, Counted]:
    """Return the highest count of each file: what landed of the censuses, what has not yet, and what imports read."""
    seen: dict[FileKey, Counted] = {}
    for table in (LEDGER_CENSUS_LIVE, LEDGER_CENSUS_IMPORT):
        path = settings.warehouse / table.name
        if path.exists():
            files = pl.scan_delta(str(path)).group_by("site", "host", "file")
            for *key, size, lines in files.agg(pl.col("size", "lines").max()).collect().iter_rows():
                _raise(seen, (key[0], key[1], key[2]), (size, lines))
    beginning, end = topic_offsets(settings, settings.topic_census)
    landed = committed_offsets(settings.warehouse / LEDGER_CENSUS_LIVE.name) or {}
    start = {p: max(landed.get(p, 0), beginning[p]) for p in end}
    for _, _, value in records(settings, settings.topic_census, start, end):
        said = json.loads(value)
        _raise(seen, (said["site"], said["host"], said["file"]), (said["size"], said["lines"]))
    return seen


def _raise(seen: dict[FileKey, Counted], key: FileKey, counted: Counted) -> None:
    """Keep the higher count: a file only grows."""
    seen[key] = max(seen.get(key, (0, 0)), counted)
