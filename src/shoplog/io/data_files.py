"""Data files of a Delta table, written by Spark's tasks where the rows are: only their descriptions go back to the driver."""

from __future__ import annotations

import json
import uuid
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from shoplog.contracts.model import Table
from shoplog.io.arrow import arrow_schema, to_arrow

# Readers skip files by statistics; Delta keeps those of so many first columns, see the tables' properties.
COLUMNS_WITH_STATISTICS = 4
DESCRIPTION_DDL = "table_name string, file string"
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True, slots=True)
class DataFile:
    """A finished file: its path below the table, its size, the partition its rows are of, statistics as JSON."""

    path: str
    size: int
    partition_values: dict[str, str | None]
    modified_ms: int
    stats: str


class DataFiles:
    """The data files that one writer makes of one table, one for each partition its rows are of; closed by `with`.

    A task that fails leaves files that no commit names: upkeep removes them, as it does Spark's own.
    """

    def __init__(self, table: Table, folder: Path) -> None:
        """Take the table and where it lies."""
        self._table, self._folder = table, folder
        self._schema = pa.schema([f for f in arrow_schema(table) if f.name not in table.partition_by])
        self._open = ExitStack()
        self._files: dict[tuple[Any, ...], tuple[str, pq.ParquetWriter, list[pq.FileMetaData]]] = {}

    def __enter__(self) -> DataFiles:
        """Begin to write."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close what is open."""
        self._open.close()

    def write(self, rows: pl.DataFrame) -> None:
        """Write rows of the table; a column that is absent is null."""
        if not len(rows):
            return
        by = self._table.partition_by
        parts = rows.partition_by(by, as_dict=True, maintain_order=True) if by else {(): rows}
        for values, part in parts.items():
            if values not in self._files:
                self._files[values] = self._new_file(values)
            for batch in to_arrow(part, self._table):
                self._files[values][1].write_batch(batch.select(self._schema.names))

    def closed(self) -> list[DataFile]:
        """Close the files and return what they are."""
        self._open.close()
        return [self._described(values, path, footers[0]) for values, (path, _, footers) in self._files.items()]

    def described(self) -> pa.RecordBatch:
        """Close the files and return a row for each, by which a task tells the driver of it (`DESCRIPTION_DDL`)."""
        files = [json.dumps(asdict(file)) for file in self.closed()]
        return pa.RecordBatch.from_pydict({"table_name": [self._table.name] * len(files), "file": files})

    def _new_file(self, values: tuple[Any, ...]) -> tuple[str, pq.ParquetWriter, list[pq.FileMetaData]]:
        place = [
            f"{name}={_NO_VALUE if v is None else v}" for name, v in zip(self._table.partition_by, values, strict=True)
        ]
        path = "/".join([*place, f"part-{uuid.uuid4()}.zstd.parquet"])
        (self._folder / path).parent.mkdir(parents=True, exist_ok=True)
        footers: list[pq.FileMetaData] = []
        writer = pq.ParquetWriter(self._folder / path, self._schema, compression="zstd", metadata_collector=footers)
        return path, self._open.enter_context(writer), footers

    def _described(self, values: tuple[Any, ...], path: str, footer: pq.FileMetaData) -> DataFile:
        partition = {n: None if v is None else str(v) for n, v in zip(self._table.partition_by, values, strict=True)}
        state = (self._folder / path).stat()
        return DataFile(path, state.st_size, partition, int(state.st_mtime * 1000), json.dumps(_statistics(footer)))


def _statistics(footer: pq.FileMetaData) -> dict[str, Any]:
    """Return what a reader may skip the file by: of the first columns that are texts or whole numbers."""
    found: dict[str, Any] = {"numRecords": footer.num_rows, "minValues": {}, "maxValues": {}, "nullCount": {}}
    for column in range(min(COLUMNS_WITH_STATISTICS, footer.num_columns)):
        name = footer.schema.column(column).path
        chunks = [footer.row_group(group).column(column).statistics for group in range(footer.num_row_groups)]
        if not chunks or not all(chunk is not None and chunk.has_null_count for chunk in chunks):
            continue
        found["nullCount"][name] = sum(chunk.null_count for chunk in chunks)
        # A chunk of nulls alone has no bounds; bounds that another one lacks are not known of the file.
        filled = [chunk for chunk in chunks if chunk.num_values]
        if filled and all(chunk.has_min_max and isinstance(chunk.min, str | int) for chunk in filled):
            found["minValues"][name] = min(chunk.min for chunk in filled)
            found["maxValues"][name] = max(chunk.max for chunk in filled)
    return found
