"""Published days move to the newest version of each table, so that no older one is needed: their figures stay as they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

import pyarrow as pa
from deltalake.exceptions import DeltaError

from shoplog.contracts.proof import PUBLISHED_DAY
from shoplog.contracts.tables import TABLES
from shoplog.io.arrow import arrow_schema
from shoplog.io.commits import is_table, latest_version
from shoplog.io.data_files import DataFiles
from shoplog.io.housekeeping import opened
from shoplog.io.sinks import table_path
from shoplog.io.transactions import files_of, replace_files
from shoplog.io.version_files import files_at
from shoplog.settings import Settings

Publication = dict[str, Any]


def publications(settings: Settings) -> list[Publication]:
    """Return the rows of `published_day`, oldest first, with `table_versions` as a mapping."""
    path = table_path(settings, PUBLISHED_DAY.name)
    if not is_table(path):
        return []
    rows = opened(path).to_pyarrow_table().sort_by("published_at").to_pylist()
    return [{**row, "table_versions": dict(row["table_versions"])} for row in rows]


def movable(settings: Settings) -> list[Publication]:
    """Return the publications whose day stands in the newest version of each table as it does in the pinned one."""
    rows, pins = publications(settings), defaultdict[str, set[tuple[int, date]]](set)
    for row in rows:
        for table, version in row["table_versions"].items():
            if version is not None and table in TABLES and TABLES[table].partition_by == ("event_date",):
                pins[table].add((version, row["day"]))
    moved: set[tuple[str, int, date]] = set()
    for table, asked in pins.items():
        newest = latest_version(table_path(settings, table)) or 0
        days = {day for _, day in asked}
        now = files_at(table_path(settings, table), ((newest, day) for day in days))
        for pin in asked:
            try:
                then = files_at(table_path(settings, table), [pin])
            except DeltaError:
                moved.add((table, *pin))
                continue
            if then[pin] != now[newest, pin[1]]:
                moved.add((table, *pin))
    return [row for row in rows if not any((t, v, row["day"]) in moved for t, v in row["table_versions"].items())]


def days_left_behind(settings: Settings) -> list[date]:
    """Return the UTC days that were recomputed since they were last published: they cannot move."""
    newest = {(row["site"], row["day"]): row for row in publications(settings)}
    known = movable(settings)
    return sorted({day for (_, day), row in newest.items() if row not in known})


def move(settings: Settings, rows: Sequence[Publication], others: Sequence[Publication] = ()) -> None:
    """Let `published_day` hold these publications at the newest versions, and others as they are; the caller holds its lease."""
    path = table_path(settings, PUBLISHED_DAY.name)
    moved = [
        {**row, "table_versions": {
            table: None if version is None else latest_version(table_path(settings, table))
            for table, version in row["table_versions"].items()
        }}
        for row in rows
    ]  # fmt: skip
    handle = opened(path)
    with DataFiles(PUBLISHED_DAY, path) as written:
        for batch in pa.Table.from_pylist([*moved, *others], schema=arrow_schema(PUBLISHED_DAY)).to_batches():
            written.write_batch(batch)
    replace_files(handle, files_of(handle), written.closed(), None, same_content=False)
