"""Figures of frames that stand in no table, asked as a period of tables is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shoplog.contracts.families import FAMILIES
from shoplog.contracts.model import Family
from shoplog.io.duck import Row, open_connection, rows_of


class Replay:
    """Families' rows in memory; each is the view `<family>_rows` (site, window_date, dimensions, measures)."""

    def __init__(self, partials: Any, stored: Mapping[Family, Any]) -> None:
        """`partials` is an Arrow table of `GOLD_PARTIAL_LIVE`; `stored` are those of the nightly's families, by `event_date`."""
        self._connection = open_connection()
        self._connection.register("partials", partials)
        for family in FAMILIES:
            self._connection.execute(
                f"create view {family.name}_rows as select * from partials where family = '{family.name}'"
            )
        for family, table in stored.items():
            self._connection.register(f"{family.name}_given", table)
            dated = f"select * exclude (event_date), event_date as window_date from {family.name}_given"
            self._connection.execute(f"create view {family.name}_rows as {dated}")

    def ask(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """Return the rows of a query."""
        return rows_of(self._connection.execute(sql, parameters))
