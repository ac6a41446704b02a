"""A few days as they stand now or stood at a moment: published days from their pinned versions, all others from live.

The same switch as the `gold_*_now` views, for days that are named beforehand: only their versions are opened, and rows stay
partials, so that sketches and histograms of any windows can be added up.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import duckdb

from shoplog.contracts.families import FAMILIES, TRAFFIC
from shoplog.contracts.model import Family
from shoplog.contracts.tables import GOLD_PARTIAL_LIVE, PUBLISHED_DAY
from shoplog.errors import UserError
from shoplog.io.commits import latest_version, version_at_moment
from shoplog.io.sources import arrow_schema
from shoplog.io.views import dataset, open_connection
from shoplog.settings import Settings

Row = dict[str, Any]
_DAY = (
    "select * from published_day where published_at <= coalesce($as_of::timestamptz, 'infinity'::timestamptz) "
    "qualify row_number() over (partition by site, day order by published_at desc) = 1"
)


class Period:
    """Days opened for reading; each family's partials are the view `<family>_rows` (site, window_date, dimensions, measures)."""

    def __init__(self, settings: Settings, days: Sequence[tuple[date, date]], as_of: datetime | None = None) -> None:
        """Open the days from the first to the last of each pair; `as_of` is the UTC moment whose knowledge counts."""
        self._settings, self._connection = settings, open_connection()
        self._days = " or ".join(f"window_date between '{first}' and '{last}'" for first, last in days)
        self.live_version = self._version(GOLD_PARTIAL_LIVE.name, as_of)
        partials = self._open(GOLD_PARTIAL_LIVE.name, self.live_version)
        self._live = set(partials.schema.names)
        self._connection.register(GOLD_PARTIAL_LIVE.name, partials)
        self._connection.register("published_day", dataset(settings, PUBLISHED_DAY.name, None))
        self._connection.execute(f"create table published_then as {_DAY}", {"as_of": as_of})
        wanted = self._days.replace("window_date", "day")
        self.published = self.ask(f"select * from published_then where {wanted} order by site, day")
        for family in FAMILIES:
            self._create_rows(family)

    def ask(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """Return the rows of a query; raises `UserError` where a version's files were removed since."""
        try:
            cursor = self._connection.execute(sql, parameters)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        except duckdb.Error as error:
            if "No such file" not in str(error):
                raise
            raise UserError(
                "Files of the version that was asked for are gone: ask again, or for a later moment."
            ) from error

    def days(self) -> list[Row]:
        """Return the days that have lines: site, day, requests, status, published_at, waiting_requests, bronze_version.

        `waiting_requests` came in since the day was published; they are in no figure before the next publication.
        """
        return self.ask(
            "with counted as (select site, window_date as day, sum(requests)::bigint as requests from traffic_rows group by all), "
            f"live as (select site, window_date as day, sum(requests)::bigint as requests from {GOLD_PARTIAL_LIVE.name} "
            f"where family = '{TRAFFIC.name}' and ({self._days}) group by all) "
            "select c.site, c.day, c.requests, p.published_at, p.bronze_version, "
            "greatest(coalesce(l.requests, 0) - p.live_requests, 0)::bigint as waiting_requests, case when p.site is null then "
            "'provisional' when l.requests > p.live_requests then 'final_dirty' else 'final' end as status "
            "from counted c left join published_then p on c.site = p.site and c.day = p.day "
            "left join live l on c.site = l.site and c.day = l.day order by c.site, c.day"
        )

    def known_days(self) -> tuple[date | None, date | None]:
        """Return the first and the last day that anything is known of."""
        found = self.ask(
            "select min(day) first, max(day) last from (select day from published_then union all "
            f"select window_date from {GOLD_PARTIAL_LIVE.name} where family = '{TRAFFIC.name}')"
        )[0]
        return found["first"], found["last"]

    def unpublished(self, family: Family, sites: Collection[str]) -> list[tuple[str, date]]:
        """Return the sites' days whose publication is older than the family: they have none of its figures."""
        return [
            (row["site"], row["day"])
            for row in self.published
            if row["site"] in sites and dict(row["table_versions"]).get(family.table) is None
        ]

    def _version(self, table: str, as_of: datetime | None) -> int | None:
        path = self._settings.warehouse / table
        return latest_version(path) if as_of is None else version_at_moment(path, as_of.timestamp())

    def _open(self, table: str, version: int | None) -> Any:
        if version is None:
            return arrow_schema(GOLD_PARTIAL_LIVE).empty_table()
        return dataset(self._settings, table, version)

    def _create_rows(self, family: Family) -> None:
        """Create the family's view; columns that a version did not have yet are null."""
        names = [*family.dimensions, *(metric.name for metric in family.metrics)]
        live = ", ".join(f"{name}" if name in self._live else f"null as {name}" for name in names)
        parts = [
            f"select site, window_date, {live} from {GOLD_PARTIAL_LIVE.name} l where family = '{family.name}' and ({self._days}) "
            "and not exists (from published_then p where p.site = l.site and p.day = l.window_date)"
        ]
        for row in self.published:
            version = dict(row["table_versions"]).get(family.table)
            if version is not None:
                parts.append(self._pinned(family, version, row["site"], row["day"], names))
        self._connection.execute(f"create view {family.name}_rows as {' union all '.join(parts)}")

    def _pinned(self, family: Family, version: int, site: str, day: date, names: Sequence[str]) -> str:
        table = f"{family.table}_v{version}"
        rows = dataset(self._settings, family.table, version)
        self._connection.register(table, rows)
        columns = ", ".join(name if name in rows.schema.names else f"null as {name}" for name in names)
        site = site.replace("'", "''")
        return f"select site, event_date as window_date, {columns} from {table} where site = '{site}' and event_date = '{day}'"
