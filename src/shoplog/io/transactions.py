"""Commits of data files that are already written: milliseconds, where Spark's own append plans a query for half a second."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote

import polars as pl
from deltalake import CommitProperties, DeltaTable
from deltalake.transaction import AddAction, RemoveAction

from shoplog.contracts.model import Table
from shoplog.io.data_files import DataFile, DataFiles


def append_files(table: DeltaTable, files: Sequence[DataFile], metadata: str | None) -> None:
    """Append the files to the table as one commit, with `metadata` in its commit information.

    The caller holds the table's lease. Without files the commit holds its metadata alone.
    """
    _commit(table, [_added(file, is_new=True) for file in files], metadata)


def append_rows(path: Path, rows: pl.DataFrame, table: Table, metadata: str) -> None:
    """Append rows that the driver holds as one commit with `metadata`; the caller holds the table's lease."""
    with DataFiles(table, path) as files:
        files.write(rows)
    append_files(DeltaTable(str(path)), files.closed(), metadata)


def replace_files(
    table: DeltaTable, old: Sequence[DataFile], new: Sequence[DataFile], metadata: str | None, same_content: bool
) -> None:
    """Put `new` files in the place of `old` ones as one commit with `metadata`; the caller holds the table's lease.

    `same_content` says that what is read of the table stays the same.
    """
    now_ms = int(time.time() * 1000)
    removed = [RemoveAction(f.path, not same_content, now_ms, f.size, f.partition_values) for f in old]
    _commit(table, [*(_added(file, is_new=not same_content) for file in new), *removed], metadata)


def files_of(table: DeltaTable) -> list[DataFile]:
    """Return the data files of the table at the version that the handle stands at, oldest first."""
    actions = pl.DataFrame(table.get_add_actions(flatten=True))
    days = [name for name in actions.columns if name.startswith("partition.")]
    found = actions.sort("modification_time", "path").select("path", "size_bytes", "modification_time", *days)
    return [
        DataFile(
            path,
            size,
            {n.removeprefix("partition."): v and str(v) for n, v in zip(days, values, strict=True)},
            modified,
            "{}",
        )
        for path, size, modified, *values in found.iter_rows()
    ]


def paths_of(table: DeltaTable, predicate: str | None = None) -> list[Path]:
    """Return where the data files lie at the handle's version, those that a predicate on the partitions leaves."""
    return [path_of(uri) for uri in table.file_uris(file_pruning_predicate=predicate)]


def path_of(uri: str) -> Path:
    """Return where a data file lies that deltalake names as a URI, in which a space of the home is %20."""
    return Path(unquote(uri))


def _added(file: DataFile, is_new: bool) -> AddAction:
    return AddAction(file.path, file.size, file.partition_values, file.modified_ms, is_new, file.stats)


def _commit(table: DeltaTable, actions: list[AddAction | RemoveAction], metadata: str | None) -> None:
    table.update_incremental()
    said = {} if metadata is None else {"userMetadata": metadata}
    table.create_write_transaction(
        actions,
        "append",
        table.schema(),
        partition_by=table.metadata().partition_columns,
        commit_properties=CommitProperties(custom_metadata=said),
    )
