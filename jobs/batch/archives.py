"""Log files as data files of bronze_import_log: each line once by identity, parsed and written where it is read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa

from jobs.batch.over_files import over_files
from shoplog.contracts.model import Table
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, BRONZE_IMPORT_LOG
from shoplog.io.data_files import DESCRIPTION_DDL, DataFile, DataFiles, as_descriptions, told
from shoplog.io.file_range import FileRange
from shoplog.io.logfile import file_identity
from shoplog.io.marks import with_fate_by_reason
from shoplog.io.sources import Parse
from shoplog.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LinesOf = Callable[[Path, int, int | None], Iterator[pl.DataFrame]]
_COUNTS = "counts"
_NONE = pl.Series("byte_offset", dtype=pl.Int64)


@dataclass(frozen=True, slots=True)
class Archive:
    """What is asked for under one name of a log file, which lies in one or several files: a line is one by name and offset."""

    name: str
    asked: Sequence[FileRange]
    imported: pl.Series
    streamed: pl.Series

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
        self.also_streamed += int(rows["byte_offset"].is_in(streamed.implode()).sum())

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


def archives(settings: Settings, site: str, host: str, asked: Sequence[FileRange]) -> list[Archive]:
    """Return what is asked for by name, with the lines of each that bronze has already."""
    by_name: dict[str, list[FileRange]] = {}
    for one in asked:
        by_name.setdefault(file_identity(one.path), []).append(one)
    imported, streamed = (
        _offsets(settings, table, site, host, list(by_name)) for table in (BRONZE_IMPORT_LOG, BRONZE_ACCESS_LOG)
    )
    return [Archive(name, some, imported.get(name, _NONE), streamed.get(name, _NONE)) for name, some in by_name.items()]


def write_lines(
    session: SparkSession, warehouse: Path, asked: Sequence[Archive], lines_of: LinesOf, parse: Parse
) -> tuple[list[DataFile], Counts]:
    """Let tasks write the lines that are new as data files, which no commit names yet; return these and the counts."""

    def write(some: Sequence[Archive]) -> Iterator[pa.RecordBatch]:
        counts = Counts()
        with DataFiles(BRONZE_IMPORT_LOG, warehouse / BRONZE_IMPORT_LOG.name) as files:
            for archive in some:
                known = archive.imported
                for one in archive.asked:
                    for lines in lines_of(one.path, one.start, one.end):
                        rows = with_fate_by_reason(parse(lines.with_columns(pl.lit(None, pl.String).alias("reason"))))
                        new = rows.filter(~pl.col("byte_offset").is_in(known.implode()))
                        counts.add(rows)
                        counts.add_new(new, archive.streamed)
                        files.write(new)
                        if len(archive.asked) > 1:
                            known = known.append(new["byte_offset"])
            yield files.described()
        yield as_descriptions(_COUNTS, [counts.to_json()])

    descriptions = over_files(session, asked, write, DESCRIPTION_DDL).collect()
    counts = Counts()
    for name, text in descriptions:
        if name == _COUNTS:
            counts.add_told(text)
    files = told((name, text) for name, text in descriptions if name != _COUNTS)
    return files.get(BRONZE_IMPORT_LOG.name, []), counts


def days_of(counts: Counts) -> list[date]:
    """Return the UTC days of the lines that are new, ascending."""
    return sorted(map(date.fromisoformat, counts.days))


def _offsets(settings: Settings, table: Table, site: str, host: str, names: Sequence[str]) -> Mapping[str, pl.Series]:
    """Return the offsets of the lines that a table of bronze has of files, by name."""
    rows = pl.scan_delta(str(settings.warehouse / table.name)).filter(
        (pl.col("site") == site) & (pl.col("host") == host) & pl.col("file").is_in(list(names))
    )
    found = rows.select("file", "byte_offset").unique().collect(engine="streaming")
    return {name: of_file["byte_offset"] for (name,), of_file in found.partition_by("file", as_dict=True).items()}
