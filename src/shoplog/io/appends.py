"""Commits of data files that are already written: milliseconds, where Spark's own append plans a query for half a second."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl
from deltalake import CommitProperties, DeltaTable
from deltalake.transaction import AddAction

from shoplog.contracts.model import Table
from shoplog.io.data_files import DataFile, DataFiles


def append_files(table: DeltaTable, files: Sequence[DataFile], metadata: str) -> None:
    """Append the files to the table as one commit, with `metadata` in its commit information.

    The caller holds the table's lease. Without files the commit holds its metadata alone.
    """
    table.update_incremental()
    table.create_write_transaction(
        [AddAction(f.path, f.size, f.partition_values, f.modified_ms, True, f.stats) for f in files],
        "append",
        table.schema(),
        partition_by=table.metadata().partition_columns,
        commit_properties=CommitProperties(custom_metadata={"userMetadata": metadata}),
    )


def append_rows(path: Path, rows: pl.DataFrame, table: Table, metadata: str) -> None:
    """Append rows that the driver holds as one commit with `metadata`; the caller holds the table's lease."""
    with DataFiles(table, path) as files:
        files.write(rows)
    append_files(DeltaTable(str(path)), files.closed(), metadata)
