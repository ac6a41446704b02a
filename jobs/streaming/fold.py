"""Few large files in the place of many small ones: read and written while batches go on, committed between two of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from deltalake import DeltaTable

from shoplog.contracts.model import Table
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE
from shoplog.io.data_files import DataFile, DataFiles
from shoplog.io.data_rows import data_rows
from shoplog.io.offsets import KafkaRange
from shoplog.io.transactions import files_of, replace_files
from shoplog.transforms.fold import folded

if TYPE_CHECKING:
    from jobs.streaming.batch import LiveTables

# Files of a day that are smaller than so many bytes are written together once there are so many of them: a day lies in few
# files, and none of its bytes is written more than a few times, however long the day.
Tiers = tuple[tuple[int, int], ...]
PARTIAL_TIERS: Tiers = ((4 << 20, 60), (32 << 20, 12))
BRONZE_TIERS: Tiers = ((32 << 20, 120),)
CENSUS_TIERS: Tiers = ((4 << 20, 60),)
# At once, so that memory is bounded: a row of partials takes twenty times as much there as in a file.
_MOST_FILES, _ENOUGH_BYTES = 500, 32 << 20
_ROWS_A_GROUP = 100_000


def fold_partials(tables: LiveTables, table: DeltaTable) -> int:
    """Add up the partials of a day's many small files; return how many files there were, 0 where none had to be."""
    files = small_files(table, PARTIAL_TIERS)
    if files:
        rewrite_partials(tables, table, files, folded, same_content=True)
    return len(files)


def rewrite_partials(
    tables: LiveTables,
    table: DeltaTable,
    files: Sequence[DataFile],
    change: Callable[[pl.DataFrame], pl.DataFrame],
    same_content: bool,
) -> None:
    """Put what `change` makes of the partials in these files into their place; only some files are held at once."""
    left = list(files)
    with DataFiles(GOLD_PARTIAL_LIVE, tables.gold) as written:
        while left:
            some = _bounded(left)
            left = left[len(some) :]
            written.write(change(pl.concat(_rows(GOLD_PARTIAL_LIVE, tables.gold, some))))
    with tables.lock:
        metadata = KafkaRange(tables.measured, tables.measured).to_metadata(upkeep=True)
        replace_files(table, files, written.closed(), metadata, same_content)


def compact_bronze(tables: LiveTables, table: DeltaTable) -> int:
    """Write a day's many small files of bronze as one, rows and offsets as they are; return how many there were, or 0."""
    return compact(BRONZE_ACCESS_LOG, tables.bronze, table, BRONZE_TIERS, tables.lock, tables.upkeep_metadata)


def compact(
    of: Table,
    folder: Path,
    table: DeltaTable,
    tiers: Tiers,
    lock: AbstractContextManager[object],
    metadata: Callable[[], str],
) -> int:
    """Write the small files of a day as one, rows as they are; return how many there were, 0 where none had to be.

    `metadata` is asked for under the lock, which keeps other commits away.
    """
    files = small_files(table, tiers)
    if files:
        with DataFiles(of, folder) as written:
            for rows in _grouped(_rows(of, folder, files)):
                written.write(rows)
        with lock:
            replace_files(table, files, written.closed(), metadata(), same_content=True)
    return len(files)


def small_files(table: DeltaTable, tiers: Tiers) -> list[DataFile]:
    """Return the files of one day and tier, oldest first, that are enough to be written together; the most numerous."""
    table.update_incremental()
    files, enough, at_least = files_of(table), list[list[DataFile]](), 0
    for below, count in tiers:
        days: dict[tuple[str | None, ...], list[DataFile]] = {}
        for file in files:
            if at_least <= file.size < below:
                days.setdefault(tuple(file.partition_values.values()), []).append(file)
        enough += [of_day for of_day in days.values() if len(of_day) >= count]
        at_least = below
    return _bounded(max(enough, key=len, default=[]))


def _bounded(files: Sequence[DataFile]) -> list[DataFile]:
    """Return the first of the files, as many as make one that is large enough to be left alone from then on."""
    sizes = accumulate(file.size for file in files[:_MOST_FILES])
    before = sum(size < _ENOUGH_BYTES for size in sizes)
    return list(files[: min(before + 1, _MOST_FILES)])


def _rows(of: Table, folder: Path, files: Sequence[DataFile]) -> Iterator[pl.DataFrame]:
    for file in files:
        yield from data_rows(folder / file.path, of, values=file.partition_values)


def _grouped(frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Yield the same rows in larger frames."""
    some: list[pl.DataFrame] = []
    for frame in frames:
        some.append(frame)
        if sum(map(len, some)) >= _ROWS_A_GROUP:
            yield pl.concat(some)
            some.clear()
    if some:
        yield pl.concat(some)
