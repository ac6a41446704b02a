"""Flume's position file made from what landed: each log file goes on after its last line without a hole before it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl

from shoplog.ledger.coverage import MAX_LINE_END_BYTES
from shoplog.ledger.landed import STREAM, landed_lines
from shoplog.settings import Settings
from shoplog.sites import load_sites

_LINE_END = re.compile(rb"\r{0,2}\n")
_END = pl.col("byte_offset") + pl.col("line_bytes")


def write_positions(settings: Settings) -> int:
    """Write the positions of the files that are here; return how many there are.

    Flume reads each other file from its beginning, and marks tell what it sends again.
    """
    positions = []
    for site in load_sites(settings).values():
        pattern = re.compile(site.file_pattern)
        here = {path.name: path for path in site.log_dir.glob("*") if pattern.fullmatch(path.name)}
        for name, reach in _reaches(settings, site.name, list(here)).items():
            found = here[name].stat()
            # A shorter file is another of its name.
            if found.st_size >= reach:
                position = reach + _line_end(here[name], reach)
                positions.append({"inode": found.st_ino, "pos": position, "file": str(here[name])})
    settings.taildir_position.parent.mkdir(parents=True, exist_ok=True)
    settings.taildir_position.write_text(json.dumps(positions), encoding="utf-8")
    return len(positions)


def _reaches(settings: Settings, site: str, names: list[str]) -> dict[str, int]:
    """Return by file the byte after the last line that chains from byte 0; nothing for a file whose first line is not there."""
    of_site = (pl.col("site") == site) & (pl.col("host") == settings.host) & pl.col("file").is_in(names)
    streamed = landed_lines(settings).filter(of_site & (pl.col("source") == STREAM))
    lines = streamed.select("file", "byte_offset", _END.alias("end"))
    reach = pl.col("end").cum_max().shift(1).over("file").fill_null(0)
    begins = pl.col("byte_offset").cum_count().over("file") == 1
    slack = pl.when(begins).then(0).otherwise(MAX_LINE_END_BYTES)
    holes = lines.sort("byte_offset", "end").with_columns((pl.col("byte_offset") - reach > slack).alias("hole"))
    chained = holes.filter(~pl.col("hole").cum_max().over("file"))
    return dict(chained.group_by("file").agg(pl.col("end").max()).collect().iter_rows())


def _line_end(path: Path, reach: int) -> int:
    with path.open("rb") as file:
        file.seek(reach)
        found = _LINE_END.match(file.read(MAX_LINE_END_BYTES))
    return len(found[0]) if found else 0
