"""What a table holds on disk, and how what nobody needs any more leaves it: small files, old rows, old files."""

from __future__ import annotations

import json
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
from deltalake import CommitProperties, DeltaTable
from deltalake.exceptions import DeltaError

from shoplog.errors import UserError
from shoplog.io.commits import newest_commit_with_metadata
from shoplog.io.transactions import paths_of


@dataclass(frozen=True, slots=True)
class Health:
    """A table's newest version and what all versions together take on disk."""

    version: int
    files: int  # of the newest version
    bytes: int  # of these files
    disk_bytes: int  # of everything in the table's folder


def health(path: Path) -> Health:
    """Return the table's figures; raises `UserError` where its log cannot be read."""
    table = opened(path)
    sizes = table.get_add_actions(flatten=True).column("size_bytes").to_pylist()
    on_disk = 0
    for file in path.rglob("*"):
        with suppress(FileNotFoundError):  # its writer goes on meanwhile
            on_disk += file.stat().st_size if file.is_file() else 0
    return Health(table.version(), len(sizes), sum(sizes), on_disk)


def opened(path: Path, version: int | None = None) -> DeltaTable:
    """Return the table, at a version or the newest; raises `UserError` where its log or that version cannot be read."""
    try:
        return DeltaTable(str(path), version=version)
    except DeltaError as error:
        of = path.name if version is None else f"{path.name} at version {version}"
        raise UserError(f"{of} cannot be read ({str(error).splitlines()[0]}): restore it from a backup.") from error


def broken_versions(path: Path, versions: Collection[int]) -> set[int]:
    """Return those of the versions that cannot be read whole: a log entry or a file is gone."""
    broken: set[int] = set()
    present: set[Path] = set()
    for version in sorted(versions):
        try:
            files = set(paths_of(opened(path, version)))
        except UserError:
            broken.add(version)
            continue
        present |= {file for file in files - present if file.exists()}
        if files - present:
            broken.add(version)
    return broken


def write_together(path: Path) -> int:
    """Write the small files of each partition as one; return how many there were."""
    return int(opened(path).optimize.compact(commit_properties=_forward(path))["numFilesRemoved"])


def remove_rows(path: Path, column: str, before: date) -> int:
    """Delete the rows whose day or moment is earlier than `before`, in one commit where there are any; return how many."""
    old = pl.scan_delta(str(path)).filter(pl.col(column) < before).select(pl.len()).collect().item()
    if old:
        opened(path).delete(f"{column} < {in_sql(before)}", commit_properties=_forward(path))
    return int(old)


def in_sql(value: date) -> str:
    """Return a day, or a moment in UTC, as deltalake's SQL compares it with the tables' own."""
    # A timestamp of SQL has nanoseconds and no zone, which the tables' are not compared with.
    kind = 'Timestamp(Microsecond, Some("UTC"))' if isinstance(value, datetime) else "Date32"
    return f"arrow_cast('{value.isoformat()}', '{kind}')"


def remove_files(path: Path, after_hours: int, keep_versions: Collection[int] = ()) -> int:
    """Delete files that no version of the last `after_hours` and none of `keep_versions` needs; return how many.

    Files that a killed writer left behind go too. The caller holds the table's lease.
    """
    how: dict[str, Any] = {
        "retention_hours": after_hours, "enforce_retention_duration": False, "full": True, "keep_versions": sorted(keep_versions),
    }  # fmt: skip
    try:
        # Also lists what earlier runs have deleted; a run without anything to delete would still make two versions.
        listed = opened(path).vacuum(dry_run=True, **how)
        present = sum(1 for name in listed if (path / name).exists())
        if present:
            opened(path).vacuum(dry_run=False, commit_properties=_forward(path), **how)
    except DeltaError as error:
        raise UserError(f"{path.name} could not be cleaned: {str(error).splitlines()[0]}.") from error
    return present


def set_properties(path: Path, properties: dict[str, str]) -> None:
    """Set the table's properties that are not so yet, in one commit."""
    table = opened(path)
    now = table.metadata().configuration
    if any(now.get(name) != value for name, value in properties.items()):
        table.alter.set_table_properties(properties, commit_properties=_forward(path))


def carried_on(path: Path) -> str | None:
    """Return the newest commit's metadata as upkeep's, so that the offsets of a table are always in one of its last commits."""
    newest = None
    with suppress(FileNotFoundError):  # a table without any, whose oldest log entries are gone
        newest = newest_commit_with_metadata(path)
    if newest is None or "kafka_end" not in newest.metadata:
        return None
    return json.dumps(newest.metadata | {"kafka_start": newest.metadata["kafka_end"], "upkeep": True})


def _forward(path: Path) -> CommitProperties | None:
    metadata = carried_on(path)
    return None if metadata is None else CommitProperties(custom_metadata={"userMetadata": metadata})
