"""Delta tables made from their contracts, appended to or replaced by day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import deltalake
import pyarrow as pa

from shoplog.contracts.model import Table
from shoplog.contracts.tables import TABLES
from shoplog.io.arrow import arrow_schema
from shoplog.io.commits import is_table
from shoplog.io.data_files import COLUMNS_WITH_STATISTICS, DESCRIPTION_DDL, DataFile, DataFiles, told
from shoplog.io.transactions import append_files, files_of, replace_files
from shoplog.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# Any reader opens the tables: no deletion vectors, no column mapping, classic checkpoints, statistics on few columns.
_PROPERTIES = {
    "delta.enableDeletionVectors": "false",
    "delta.checkpointPolicy": "classic",
    "delta.checkpointInterval": "50",
    "delta.dataSkippingNumIndexedCols": str(COLUMNS_WITH_STATISTICS),
}
# Published days are read from versions that may be years old: their log entries stay.
PINNED_PROPERTIES = {"delta.enableExpiredLogCleanup": "false"}


def table_path(settings: Settings, table: str) -> Path:
    """Return where a table lives."""
    return settings.warehouse / TABLES[table].name


def existing_tables(settings: Settings, tables: Iterable[Table] = TABLES.values()) -> list[Table]:
    """Return those of the tables, all by default, that exist; the others were never written."""
    return [table for table in tables if is_table(settings.warehouse / table.name)]


def create_table(settings: Settings, table: str) -> Path:
    """Create the table from its contract where it does not exist; return its path."""
    path = table_path(settings, table)
    if is_table(path):
        return path
    contract = TABLES[table]
    kept = PINNED_PROPERTIES if contract.writer == "recompute" else {}
    described = {column.name: {"comment": column.meaning} for column in contract.columns}
    deltalake.DeltaTable.create(
        path,
        pa.schema([field.with_metadata(described[field.name]) for field in arrow_schema(contract)]),
        mode="ignore",
        partition_by=list(contract.partition_by),
        description=contract.meaning,
        configuration=_PROPERTIES | kept,
    )
    return path


def add_new_columns(settings: Settings, table: str) -> list[str]:
    """Add what the contract has got since the table was made, where it lacks any; return the names. Older rows have nulls there.

    The caller holds the lease.
    """
    handle = deltalake.DeltaTable(table_path(settings, table))
    known = {field.name for field in handle.schema().fields}
    new = [field.with_nullable(True) for field in arrow_schema(TABLES[table]) if field.name not in known]
    if new:
        handle.alter.add_columns(list(deltalake.Schema.from_arrow(pa.schema(new)).fields))
    return [field.name for field in new]


def conform(rows: DataFrame, contract: Table) -> DataFrame:
    """Return rows with exactly the contract's columns, types and order; an absent column is null."""
    present = set(rows.columns)
    return rows.selectExpr(
        *(f"cast({f'`{c.name}`' if c.name in present else 'null'} as {c.type}) as `{c.name}`" for c in contract.columns)
    )


def append(rows: DataFrame, settings: Settings, table: str, metadata: str | None = None) -> None:
    """Append rows as one commit, with `metadata` in its commit information."""
    path = table_path(settings, table)
    append_files(deltalake.DeltaTable(path), written_files(rows, TABLES[table], path), metadata)


def written_files(rows: DataFrame, contract: Table, folder: Path) -> list[DataFile]:
    """Let Spark's tasks write rows as data files of a table; return the files, which no commit names yet."""

    def write(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with DataFiles(contract, folder) as files:
            for batch in batches:
                files.write_batch(batch)
            yield files.described()

    descriptions = conform(rows, contract).mapInArrow(write, DESCRIPTION_DDL).collect()
    return told(descriptions).get(contract.name, [])


def in_days(column: str, days: Sequence[date]) -> str:
    """Return SQL that a column is one of the days."""
    return f"{column} in ({', '.join(repr(day.isoformat()) for day in days)})"


def has_days(settings: Settings, table: str, days: Sequence[date]) -> bool:
    """Return whether the table, which is partitioned by its day, holds anything of one of the days."""
    column = TABLES[table].partition_by[0]
    partition = [(column, "in", [day.isoformat() for day in days])]
    return bool(deltalake.DeltaTable(str(table_path(settings, table))).file_uris(partition))


def in_sites(sites: Sequence[str]) -> str:
    """Return SQL that a row is of one of the sites."""
    return f"site in ({', '.join(map(repr, sites))})"


def replace_days(
    rows: DataFrame, settings: Settings, table: str, days: Sequence[date], metadata: str | None = None
) -> None:
    """Replace UTC days atomically with rows, which are of no other day; the same rows give the same table.

    The table is partitioned by its day.
    """
    new = written_files(rows, TABLES[table], table_path(settings, table))
    replace_day_files(settings, table, days, new, metadata)


def replace_day_files(
    settings: Settings, table: str, days: Sequence[date], new: Sequence[DataFile], metadata: str | None
) -> None:
    """Replace UTC days atomically with files that are already written, of rows of no other day."""
    handle = deltalake.DeltaTable(table_path(settings, table))
    named = {day.isoformat() for day in days}
    old = [file for file in files_of(handle) if file.partition_values[TABLES[table].partition_by[0]] in named]
    replace_files(handle, old, new, metadata, same_content=False)
