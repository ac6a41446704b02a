"""Tables read by DuckDB; one that cannot be read is named and makes its days red: it is never taken for an empty one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

from deltalake import DeltaTable

from shoplog.contracts.model import Table
from shoplog.io.commits import is_table
from shoplog.io.duck import Row, dataset, open_connection, rows_of
from shoplog.settings import Settings

T = TypeVar("T")
_TRIES = 2
_ERROR_CHARACTERS = 200


class ReadableTables:
    """Each table at its newest version. `unreadable`: by table, the first line of why it could not be read."""

    def __init__(self, settings: Settings) -> None:
        """Read from the settings' warehouse."""
        self._settings = settings
        self._connection = open_connection()
        self.unreadable: dict[str, str] = {}

    def rows(self, table: Table, query: str, *parameters: Any) -> list[Row]:
        """Return the query's rows by column name; it reads this table alone, which has no rows where it does not exist."""

        def read() -> list[Row]:
            self._connection.register(table.name, dataset(self._settings, table.name, None))
            return rows_of(self._connection.execute(query, parameters))

        return self._tried(table, read, [])

    def days(self, table: Table) -> set[date]:
        """Return the days that a table has, by its partitions where it has any: their rows are many."""
        if not table.partition_by:
            return {
                row["day"] for row in self.rows(table, f"select distinct day from {table.name} where day is not null")
            }
        path = self._settings.warehouse / table.name

        def read() -> set[date]:
            parts = DeltaTable(str(path)).partitions() if is_table(path) else []
            values = (part[table.partition_by[0]] for part in parts)
            return {date.fromisoformat(str(value)) for value in values if value}

        return self._tried(table, read, set())

    def _tried(self, table: Table, read: Callable[[], T], nothing: T) -> T:
        for left in reversed(range(_TRIES)):
            try:
                return read()
            # Whatever stops one table from being read must not take the page. A second try: files that upkeep has folded may
            # be removed while they are read, and the next version has no need of them.
            except Exception as error:
                if not left:
                    self.unreadable[table.name] = (str(error).splitlines() or ["no reason is given"])[0][
                        :_ERROR_CHARACTERS
                    ]
        return nothing
