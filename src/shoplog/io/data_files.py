"""Data files of a Delta table, written by Spark's tasks where the rows are: only their descriptions go back to the driver."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from shoplog.contracts.model import Table
from shoplog.io.arrow import arrow_schema, to_arrow

# Readers skip files by statistics; Delta keeps those of so many first columns, see the tables' properties.
COLUMNS_WITH_STATISTICS = 4
DESCRIPTION_DDL = "table_name string, file string"
_DESCRIPTION = pa.schema([("table_name", pa.string()), ("file", pa.string())])
# More go into a file of their own: whole files are what readers share out.
_MOST_ROWS = 1_000_000
_BOUNDED = (str, int, date, datetime)
# A table's log outlives its rows: of texts it holds only those that tell of no visitor. Of the others it says what is true of
# every text: a column without bounds beside columns that have them is one of nothing to deltalake's readers.
BOUNDED_TEXTS = ("family", "site", "host", "file")
ANY_TEXT = ("", "\U0010ffff")
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
Value = str | None


@dataclass(frozen=True, slots=True)
class DataFile:
    """A finished file: its path below the table, its size, the partition its rows are of, statistics as JSON."""

    path: str
    size: int
    partition_values: dict[str, str | None]
    modified_ms: int
    stats: str

    @property
    def rows(self) -> int:
        """How many rows it has, where it was just written."""
        return int(json.loads(self.stats)["numRecords"])


@dataclass(slots=True)
class _File:
    path: str
    writer: pq.ParquetWriter
    footers: list[pq.FileMetaData]
    rows: int = 0


class DataFiles:
    """The data files that one writer makes of one table, each of one partition and of so many rows; closed by `with`.

    A task that fails leaves files that no commit names: upkeep removes them, as it does Spark's own.
    """

    def __init__(self, table: Table, folder: Path) -> None:
        """Take the table and where it lies."""
        self._table, self._folder = table, folder
        self._schema = pa.schema([f for f in arrow_schema(table) if f.name not in table.partition_by])
        self._open = ExitStack()
        self._files: dict[Value, _File] = {}
        self._full: list[tuple[Value, _File]] = []

    def __enter__(self) -> DataFiles:
        """Begin to write."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close what is open."""
        self._open.close()

    def write(self, rows: pl.DataFrame) -> None:
        """Write rows of the table; a column that is absent is null."""
        for batch in to_arrow(rows, self._table):
            self.write_batch(batch)

    def write_batch(self, batch: pa.RecordBatch) -> None:
        """Write a batch that has the table's columns."""
        for value, part in _parts(batch, self._table.partition_by):
            if value not in self._files:
                self._files[value] = self._new_file(value)
            file = self._files[value]
            file.writer.write_batch(part.select(self._schema.names).cast(self._schema))
            file.rows += part.num_rows
            if file.rows >= _MOST_ROWS:
                file.writer.close()
                self._full.append((value, self._files.pop(value)))

    def closed(self) -> list[DataFile]:
        """Close the files and return what they are."""
        self._open.close()
        return [
            self._described(value, file.path, file.footers[0]) for value, file in (*self._full, *self._files.items())
        ]

    def described(self) -> pa.RecordBatch:
        """Close the files and return a row for each, by which a task tells the driver of it (`DESCRIPTION_DDL`)."""
        files = [json.dumps(asdict(file)) for file in self.closed()]
        return as_descriptions(self._table.name, files)

    def _new_file(self, value: Value) -> _File:
        place = [f"{name}={_NO_VALUE if value is None else value}/" for name in self._table.partition_by]
        path = "".join([*place, f"part-{uuid.uuid4()}.zstd.parquet"])
        (self._folder / path).parent.mkdir(parents=True, exist_ok=True)
        footers: list[pq.FileMetaData] = []
        writer = pq.ParquetWriter(self._folder / path, self._schema, compression="zstd", metadata_collector=footers)
        return _File(path, self._open.enter_context(writer), footers)

    def _described(self, value: Value, path: str, footer: pq.FileMetaData) -> DataFile:
        partition: dict[str, str | None] = dict.fromkeys(self._table.partition_by, value)
        state = (self._folder / path).stat()
        return DataFile(path, state.st_size, partition, int(state.st_mtime * 1000), json.dumps(_statistics(footer)))


def as_descriptions(name: str, texts: list[str]) -> pa.RecordBatch:
    """Return what a task tells the driver, as rows of `DESCRIPTION_DDL`."""
    return pa.RecordBatch.from_pydict({"table_name": [name] * len(texts), "file": texts}, schema=_DESCRIPTION)


def told(descriptions: Iterable[tuple[str, str]]) -> dict[str, list[DataFile]]:
    """Return the files of each table that tasks told of by rows of `DESCRIPTION_DDL`; no commit names them yet."""
    files: dict[str, list[DataFile]] = {}
    for table, file in descriptions:
        files.setdefault(table, []).append(DataFile(**json.loads(file)))
    return files


def _parts(batch: pa.RecordBatch, partition_by: tuple[str, ...]) -> Iterator[tuple[Value, pa.RecordBatch]]:
    """Yield the partition's value as text and the rows that have it."""
    if not batch.num_rows:
        return
    if not partition_by:
        yield None, batch
        return
    (name,) = partition_by
    column = batch.column(name)
    values = column.unique()
    for value in values:
        is_so = pc.equal(column, value) if value.is_valid else pc.is_null(column)
        yield str(value) if value.is_valid else None, batch if len(values) == 1 else batch.filter(is_so)


def _statistics(footer: pq.FileMetaData) -> dict[str, Any]:
    """Return what a reader may skip the file by, of the first columns."""
    found: dict[str, Any] = {"numRecords": footer.num_rows, "minValues": {}, "maxValues": {}, "nullCount": {}}
    for column in range(min(COLUMNS_WITH_STATISTICS, footer.num_columns)):
        name = footer.schema.column(column).path
        chunks = [footer.row_group(group).column(column).statistics for group in range(footer.num_row_groups)]
        if not chunks or not all(chunk is not None and chunk.has_null_count for chunk in chunks):
            continue
        # A chunk of nulls alone has no bounds; bounds that another one lacks are not known of the file, and readers take a
        # count of nulls without bounds for a column of nothing.
        filled = [chunk for chunk in chunks if chunk.num_values]
        if not all(chunk.has_min_max and type(chunk.min) in _BOUNDED for chunk in filled):
            continue
        found["nullCount"][name] = sum(chunk.null_count for chunk in chunks)
        if filled:
            least, most = min(chunk.min for chunk in filled), max(chunk.max for chunk in filled)
            if isinstance(least, str) and name not in BOUNDED_TEXTS:
                least, most = ANY_TEXT
            found["minValues"][name], found["maxValues"][name] = _bound(least, upper=False), _bound(most, upper=True)
    return found


def _bound(value: str | int | date, upper: bool) -> str | int:
    """Return a bound as Delta's log has it: times in whole milliseconds, none of which may leave out a row."""
    if isinstance(value, datetime):
        outer = value + timedelta(microseconds=999) if upper else value
        return outer.strftime("%Y-%m-%dT%H:%M:%S.") + f"{outer.microsecond // 1000:03}Z"
    return value.isoformat() if isinstance(value, date) else value
