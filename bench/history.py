"""A long history made of one day: its live partials, or its published tables, once more on days before."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pyarrow as pa
from deltalake import DeltaTable

from bench.log_lines import SITE, log_files, yesterday
from shoplog.contracts.proof import PUBLISHED_DAY
from shoplog.contracts.tables import GOLD_PARTIAL_LIVE
from shoplog.io.arrow import arrow_schema
from shoplog.io.data_files import DataFile, DataFiles
from shoplog.io.duck import NEWEST, open_tables, rows_of
from shoplog.io.logfile import read_lines
from shoplog.io.marks import with_fate_by_reason
from shoplog.io.transactions import append_files, append_rows, files_of
from shoplog.settings import Settings
from shoplog.sites import load_sites
from shoplog.transforms.landing import line_parser


def parsed_of_yesterday(settings: Settings, lines: int) -> pl.DataFrame:
    """Return yesterday's lines as landing makes them of files."""
    return parsed(settings, log_files(settings, lines, yesterday()), yesterday().date())


def parsed(settings: Settings, files: Iterable[Path], day: date) -> pl.DataFrame:
    """Return a day's lines of these files as landing makes them."""
    parse = line_parser({SITE: load_sites(settings)[SITE]}, {}, {day: b"bench"}, b"bench")
    frames = (
        with_fate_by_reason(parse(rows))
        for path in files
        for rows in read_lines(path, SITE, "bench", datetime.now(UTC))
    )
    return pl.concat(frames, how="diagonal_relaxed")


def append_partials(settings: Settings, day: pl.DataFrame, days_back: Iterable[int], files: int) -> None:
    """Append yesterday's partials as those of each day so many days before, in so many files a day."""
    folder, written = settings.warehouse / GOLD_PARTIAL_LIVE.name, list[DataFile]()
    for back in days_back:
        moved = [pl.col(name) - timedelta(days=back) for name in ("window_start", "window_end", "window_date")]
        for part in range(files):
            with DataFiles(GOLD_PARTIAL_LIVE, folder) as some:
                some.write(day.with_columns(moved).gather_every(files, part))
            written += some.closed()
    append_files(DeltaTable(str(folder)), written, "{}")


def repeat_published(settings: Settings, day: date, days: int) -> None:
    """Publish as many days before `day` with its tables: the same data files, linked, a version of each table a day.

    What is read by day is right of them; times inside the rows stay those of `day`.
    """
    found = open_tables(settings, PUBLISHED_DAY).execute(
        f"select * from {PUBLISHED_DAY.name} where day = $1 {NEWEST}", [day]
    )
    (published,) = rows_of(found)
    versions: dict[date, list[tuple[str, int]]] = {}
    for name in dict(published["table_versions"]):
        folder = settings.warehouse / name
        table = DeltaTable(str(folder))
        of_day = [file for file in files_of(table) if file.partition_values.get("event_date") == str(day)]
        for back in range(1, days + 1):
            earlier = day - timedelta(days=back)
            linked = []
            for file in of_day:
                path = file.path.replace(str(day), str(earlier))
                (folder / path).parent.mkdir(exist_ok=True)
                os.link(folder / file.path, folder / path)
                linked.append(DataFile(path, file.size, {"event_date": str(earlier)}, file.modified_ms, "{}"))
            append_files(table, linked, None)
            table.update_incremental()
            versions.setdefault(earlier, []).append((name, table.version()))
    rows = [{**published, "day": earlier, "table_versions": of} for earlier, of in versions.items()]
    made = pl.DataFrame(pa.Table.from_pylist(rows, schema=arrow_schema(PUBLISHED_DAY)))
    append_rows(settings.warehouse / PUBLISHED_DAY.name, made, PUBLISHED_DAY, "{}")
