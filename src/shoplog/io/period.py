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
from shoplog.contracts.proof import PUBLISHED_DAY
from shoplog.contracts.stored import STORED_FAMILIES
from shoplog.contracts.tables import GOLD_PARTIAL_LIVE, TABLES
from shoplog.errors import UserError
from shoplog.io.arrow import arrow_schema
from shoplog.io.commits import latest_version, version_at_moment
from shoplog.io.duck import NEWEST, Row, dataset, open_connection, rows_of
from shoplog.io.pinned import live_rows, pinned_files, pinned_rows, pinned_version
from shoplog.settings import Settings

_DAY = (
    f"select * from published_day where published_at <= coalesce($as_of::timestamptz, 'infinity'::timestamptz) {NEWEST}"
)


def days_query(live: str) -> str:
    """Return the SQL of the days with lines, of the views `traffic_rows`, `published_then` and the SQL of `live` requests.

    `live` has site, window_date and requests of all live lines, of published days too.
    """
    return (
        "with counted as (select site, window_date as day, sum(requests)::bigint as requests from traffic_rows group by all), "
        f"live as (select site, window_date as day, sum(requests)::bigint as requests from ({live}) group by all) "
        "select c.site, c.day, c.requests, p.published_at, p.bronze_version, "
        "greatest(coalesce(l.requests, 0) - p.live_requests, 0)::bigint as waiting_requests, case when p.site is null then "
        "'provisional' when l.requests > p.live_requests then 'final_dirty' else 'final' end as status, "
        "exists (from published_then n where n.site = c.site and n.day > c.day) as is_followed "
        "from counted c left join published_then p on c.site = p.site and c.day = p.day "
        "left join live l on c.site = l.site and c.day = l.day order by c.site, c.day"
    )


def gaps(family: Family, days: Sequence[Row], published: Sequence[Row]) -> list[tuple[str, date]]:
    """Return the (site, day) with lines of which the family has no figures.

    Either the day was published before the family was kept, or only the nightly run makes it and the day is not published.
    """
    pinned = {(row["site"], row["day"]) for row in published if pinned_version(row, family.table) is not None}
    waited_for = [row for row in days if family in STORED_FAMILIES or row["status"] != "provisional"]
    return [key for row in waited_for if (key := (row["site"], row["day"])) not in pinned]


class Period:
    """Days opened for reading; each family's partials are the view `<family>_rows` (site, window_date, dimensions, measures).

    What has windows also has its `window_hour`.
    `days` are those with lines: site, day, requests, status, published_at, bronze_version, `waiting_requests` that came in
    since the day was published, and `is_followed` where a later day of the site is published too.
    """

    def __init__(
        self,
        settings: Settings,
        days: Sequence[tuple[date, date]],
        as_of: datetime | None = None,
        without: Collection[str] = (),
    ) -> None:
        """Open the days from the first to the last of each pair; `as_of` is the UTC moment whose knowledge counts.

        Sites that are left out (`without`) are not opened: their versions need not be there any more.
        """
        self._settings, self._connection = settings, open_connection()
        spans = " or ".join(f"window_date between '{first}' and '{last}'" for first, last in days)
        names = ", ".join(f"'{site}'" for site in sorted(without))
        self._days = f"({spans})" + (f" and site not in ({names})" if names else "")
        self.live_version = self._version(GOLD_PARTIAL_LIVE.name, as_of)
        partials = self._open(GOLD_PARTIAL_LIVE.name, self.live_version)
        self._connection.register(GOLD_PARTIAL_LIVE.name, partials)
        self._connection.register("published_day", dataset(settings, PUBLISHED_DAY.name, None))
        self._connection.execute(f"create table published_then as {_DAY}", {"as_of": as_of})
        wanted = self._days.replace("window_date", "day")
        self.published = self.ask(f"select * from published_then where {wanted} order by site, day")
        for family in FAMILIES:
            self._create_rows(family, [live_rows(family, partials.schema.names, self._days)])
        for family in STORED_FAMILIES:
            self._create_rows(family, [])
        live = f"from {GOLD_PARTIAL_LIVE.name} where family = '{TRAFFIC.name}' and ({self._days})"
        self.days = self.ask(days_query(f"select site, window_date, requests {live}"))

    def ask(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """Return the rows of a query; raises `UserError` where a version's files were removed since."""
        try:
            return rows_of(self._connection.execute(sql, parameters))
        except duckdb.Error as error:
            if not any(words in str(error) for words in ("No such file", "No files found")):
                raise
            raise UserError(
                "Files of the version that was asked for are gone: ask again, or for a later moment."
            ) from error

    def known_days(self) -> tuple[date | None, date | None]:
        """Return the first and the last day that anything is known of."""
        found = self.ask(
            "select min(day) first, max(day) last from (select day from published_then union all "
            f"select window_date from {GOLD_PARTIAL_LIVE.name} where family = '{TRAFFIC.name}')"
        )[0]
        return found["first"], found["last"]

    def gaps(self, family: Family) -> list[tuple[str, date]]:
        """Return the (site, day) with lines of which the family has no figures."""
        return gaps(family, self.days, self.published)

    def _version(self, table: str, as_of: datetime | None) -> int | None:
        path = self._settings.warehouse / table
        return latest_version(path) if as_of is None else version_at_moment(path, as_of.timestamp())

    def _open(self, table: str, version: int | None) -> Any:
        if version is None:
            return arrow_schema(GOLD_PARTIAL_LIVE).empty_table()
        return dataset(self._settings, table, version)

    def _create_rows(self, family: Family, live: list[str]) -> None:
        """Create the family's view. The contract's columns are there whatever the versions had."""
        self._connection.register(f"{family.name}_none", arrow_schema(TABLES[family.table]).empty_table())
        parts = [f"select * exclude (event_date), event_date as window_date from {family.name}_none", *live]
        files = pinned_files(self._settings, family.table, self.published)
        if files:
            self._connection.execute(
                f"create table {family.name}_pins as select unnest($files) as filename, unnest($sites) as site",
                {"files": [file for file, _ in files], "sites": [row["site"] for _, row in files]},
            )
            parts.append(pinned_rows(family, sorted({file for file, _ in files})))
        hour = ", date_trunc('hour', window_start) as window_hour" if family in FAMILIES else ""
        self.ask(f"create view {family.name}_rows as select *{hour} from ({' union all by name '.join(parts)})")
