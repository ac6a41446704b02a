"""Log files as data files of bronze_import_log: each line once by identity, parsed and written where it is read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa

from jobs.batch.over_files import over_files
from shoplog.contracts.proof import LEDGER_GONE_LINE
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, BRONZE_IMPORT_LOG
from shoplog.io.data_files import DESCRIPTION_DDL, DataFile, DataFiles, as_descriptions, told
from shoplog.io.file_range import FileRange
from shoplog.io.logfile import file_identity, read_lines
from shoplog.io.marks import with_fate_by_reason
from shoplog.io.sources import Parse

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_COUNTS = "counts"


@dataclass(frozen=True, slots=True)
class Archive:
    """What is asked for under one name of a log file, which lies in one or several files: a line is one by name and offset."""

    name: str
    asked: Sequence[FileRange]

    @property
    def size(self) -> int:
        """Bytes of its files, as they lie there."""
        return sum(one.path.stat().st_size for one in self.asked)


@dataclass(slots=True)
class Counts:
    """What came of lines: how many of each reason (null: parsed) and status, and of which UTC days those are that are new."""

    reasons: Counter[str | None] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    days: Counter[str] = field(default_factory=Counter)
    also_streamed: int = 0

    def add(self, rows: pl.DataFrame) -> None:
        """Count lines that were read."""
        self.reasons.update(dict(rows["reason"].value_counts().iter_rows()))
        self.statuses.update(dict(rows.filter(pl.col("reason").is_null())["status"].value_counts().iter_rows()))

    def add_new(self, rows: pl.DataFrame, streamed: pl.Series) -> None:
        """Count lines that were not imported before."""
        of_day = rows.select(pl.coalesce("event_date", "ingest_date").cast(pl.String)).to_series()
        self.days.update(dict(of_day.value_counts().iter_rows()))
        self.also_streamed += int(_among(rows, streamed).sum())

    def new_days(self) -> list[date]:
        """Return the UTC days of the lines that are new, ascending."""
        return sorted(map(date.fromisoformat, self.days))

    def to_json(self) -> str:
        """Return the counts as a task tells the driver of them."""
        counted = (self.reasons, self.statuses, self.days)
        return json.dumps([*(list(of.items()) for of in counted), self.also_streamed])

    def add_told(self, text: str) -> None:
        """Add what a task told."""
        reasons, statuses, days, also_streamed = json.loads(text)
        self.reasons.update(dict(reasons))
        self.statuses.update(dict(statuses))
        self.days.update(dict(days))
        self.also_streamed += also_streamed


def archives(asked: Sequence[FileRange]) -> list[Archive]:
    """Return what is asked for by name."""
    by_name: dict[str, list[FileRange]] = {}
    for one in asked:
        by_name.setdefault(file_identity(one.path), []).append(one)
    return [Archive(name, some) for name, some in by_name.items()]


def write_lines(
    session: SparkSession, warehouse: Path, asked: Sequence[Archive], site: str, host: str, now: datetime, parse: Parse
) -> tuple[list[DataFile], Counts]:  # fmt: skip
    """Let tasks write the lines that are new as data files, which no commit names yet; return these and the counts.

    The lines come in `now`.
    """

    def write(some: Sequence[Archive]) -> Iterator[pa.RecordBatch]:
        counts, names = Counts(), [archive.name for archive in some]
        imported, streamed, gone = (
            _offsets(warehouse / table.name, site, host, names)
            for table in (BRONZE_IMPORT_LOG, BRONZE_ACCESS_LOG, LEDGER_GONE_LINE)
        )
        with DataFiles(BRONZE_IMPORT_LOG, warehouse / BRONZE_IMPORT_LOG.name) as files:
            for archive in some:
                known = pl.concat([imported[archive.name], gone[archive.name]]).sort()
                for one in archive.asked:
                    added = []
                    for lines in read_lines(one.path, site, host, now, one.start, one.end):
                        rows = with_fate_by_reason(parse(lines))
                        new = rows.filter(~_among(rows, known))
                        counts.add(rows)
                        counts.add_new(new, streamed[archive.name])
                        files.write(new)
                        added.append(new["byte_offset"])
                    known = pl.concat([known, *added]).sort()
            yield files.described()
        yield as_descriptions(_COUNTS, [counts.to_json()])

    descriptions = over_files(session, asked, write, DESCRIPTION_DDL).collect()
    counts = Counts()
    for name, text in descriptions:
        if name == _COUNTS:
            counts.add_told(text)
    files = told((name, text) for name, text in descriptions if name != _COUNTS)
    return files.get(BRONZE_IMPORT_LOG.name, []), counts


def _offsets(table: Path, site: str, host: str, names: Sequence[str]) -> dict[str, pl.Series]:
    """Return the offsets of the lines that a table of bronze has of each file, ascending."""
    rows = pl.scan_delta(str(table)).filter(
        (pl.col("site") == site) & (pl.col("host") == host) & pl.col("file").is_in(list(names))
    )
    found = rows.select("file", "byte_offset").unique().sort("byte_offset").collect(engine="streaming")
    by_name = found.partition_by("file", as_dict=True)
    return {
        name: by_name[name,]["byte_offset"] if (name,) in by_name else found["byte_offset"].clear() for name in names
    }


def _among(rows: pl.DataFrame, offsets: pl.Series) -> pl.Series:
    """Return which of a file's rows, in order, have an offset among ascending ones; only a stretch of these is looked at."""
    if not len(rows) or not len(offsets):
        return pl.repeat(False, len(rows), eager=True)
    first, last = (int(rows["byte_offset"][place]) for place in (0, -1))
    stretch = offsets[offsets.search_sorted(first, "left") : offsets.search_sorted(last, "right")]
    return rows["byte_offset"].is_in(stretch.implode())
