"""Delta tables whose logs name the files of published versions: any day as it was published, in one scan, without a copy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

from deltalake import DeltaTable, Schema

from shoplog.contracts.model import Column, Table
from shoplog.io.arrow import arrow_schema
from shoplog.io.commits import is_table
from shoplog.io.data_files import DataFile
from shoplog.io.pinned import PublishedDay, pinned_files, pinned_version
from shoplog.io.transactions import files_of, replace_files
from shoplog.settings import Settings

SITES = Column("published_sites", "string", "the sites whose rows of the file count, each between commas")
# Of a row: whether it counts.
COUNTS = f"{SITES.name} like concat('%,', site, ',%')"


def pin(settings: Settings, table: Table, published: Sequence[PublishedDay], folder: Path) -> bool:
    """Let the table in `folder` name the files of the published days, and no others; return whether there are any days.

    Its columns are the contract's and `published_sites`. It is made where it does not exist.
    """
    if not is_table(folder):
        if all(pinned_version(row, table.name) is None for row in published):
            return False
        _create(table, folder)
    sites = defaultdict(set)
    for file, row in pinned_files(settings, table.name, published):
        sites[file, str(row["day"])].add(row["site"])
    handle = DeltaTable(str(folder))
    wanted = {_key(file): file for file in (_named(Path(file), day, of) for (file, day), of in sorted(sites.items()))}
    # deltalake takes a path as it is and gives it back with a space as %20.
    named = [replace(file, path=unquote(file.path)) for file in files_of(handle)]
    known = {_key(file): file for file in named}
    fresh = [file for key, file in wanted.items() if key not in known]
    # A file that counts for another site now is named again, which takes the place of its former entry.
    again = {file.path for file in fresh}
    gone = [file for key, file in known.items() if key not in wanted and file.path not in again]
    if fresh or gone:
        replace_files(handle, gone, fresh, None, same_content=False)
    return True


def _create(table: Table, folder: Path) -> None:
    pinned = replace(table, columns=(*table.columns, SITES))
    DeltaTable.create(folder, Schema.from_arrow(arrow_schema(pinned)), partition_by=["event_date", SITES.name])


def _named(path: Path, day: str, sites: set[str]) -> DataFile:
    said = path.stat()
    partition: dict[str, str | None] = {"event_date": day, SITES.name: f",{','.join(sorted(sites))},"}
    return DataFile(f"file://{path}", said.st_size, partition, int(said.st_mtime * 1000), "{}")


def _key(file: DataFile) -> tuple[str | None, ...]:
    return (file.path, file.partition_values[SITES.name])
