"""The files of many versions of a table from one reading of its log: to load each version anew costs milliseconds a version."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import polars as pl
from deltalake import DeltaTable

from shoplog.io.commits import file_changes
from shoplog.io.transactions import path_of

Pin = tuple[int, date]


def files_at(table: Path, pins: Iterable[Pin]) -> dict[Pin, list[str]]:
    """Return where the files of each (version, `event_date`) of the table lie, by name.

    Raises deltalake's error where a version cannot be read any more.
    """
    files: dict[Pin, list[str]] = {}
    listed: _Listed | None = None
    for version, day in sorted(set(pins)):
        listed = listed or _Listed(table, version)
        listed.go_to(version)
        files[version, day] = sorted(str(table / path) for path in listed.of_day[str(day)])
    return files


class _Listed:
    """A table's files by day, as paths below its folder; goes forward from commit to commit."""

    def __init__(self, table: Path, version: int) -> None:
        self._table, self._version = table, version
        self.of_day: defaultdict[str, set[str]] = defaultdict(set)
        self._open(version)

    def go_to(self, version: int) -> None:
        """Stand at this version, which is none before the last one."""
        for following in range(self._version + 1, version + 1):
            try:
                added, removed = file_changes(self._table, following)
            except FileNotFoundError:
                # Its log entry was cleaned away: a checkpoint knows what came of it.
                self._open(version)
                return
            for files in self.of_day.values():
                files.difference_update(removed)
            for path, partition in added.items():
                self.of_day[partition["event_date"]].add(path)
        self._version = version

    def _open(self, version: int) -> None:
        actions = pl.DataFrame(DeltaTable(str(self._table), version=version).get_add_actions(flatten=True))
        self.of_day.clear()
        for path, day in actions.select("path", "partition.event_date").iter_rows():
            self.of_day[str(day)].add(str(path_of(path)))
        self._version = version
