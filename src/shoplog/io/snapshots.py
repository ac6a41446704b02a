"""Reports as they were published, by day and moment."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from shoplog.contracts.model import Table
from shoplog.contracts.proof import PUBLISHED_DAY
from shoplog.contracts.snapshots import LIVE_HISTORY_HOURS, REPORT_SNAPSHOT
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, SILVER_REQUEST
from shoplog.io.duck import NEWEST, Row, dataset, open_connection, open_tables, rows_of
from shoplog.settings import Settings

# What was published stays as it is until it is published again. What is live moves on with every line: its own history
# is truer than a snapshot for as long as it is kept.
_THEN = f"""with published as (select site, day, published_at from published_day
    where day = $day and published_at <= $as_of {NEWEST}),
newest as (select s.*, max(published_at) over (partition by site) as _newest from report_snapshot s
    where day = $day and published_at <= $as_of)
select s.* exclude (_newest) from newest s left join published p using (site, day) where s.published_at = s._newest and
    (s.published_at >= p.published_at or (p.published_at is null and not $has_history)) order by site, place"""
_RULES = (
    "select site, list_sort(list(distinct rules_version)) as versions from lines where event_date = $day group by site"
)


def snapshots_at(settings: Settings, day: date, as_of: datetime, now: datetime) -> dict[str, list[Row]]:
    """Return the rows of `REPORT_SNAPSHOT` that say what was shown of a day at a moment, by site; times are UTC."""
    has_history = as_of > now - timedelta(hours=LIVE_HISTORY_HOURS)
    parameters = {"day": day, "as_of": as_of, "has_history": has_history}
    found: dict[str, list[Row]] = {}
    for row in _ask(settings, _THEN, parameters, PUBLISHED_DAY, REPORT_SNAPSHOT):
        found.setdefault(row["site"], []).append(row)
    return found


def stored_keys(settings: Settings, days: Collection[date]) -> set[tuple[str, date, datetime]]:
    """Return site, day and moment of all that is stored of the days."""
    sql = "select distinct site, day, published_at from report_snapshot where list_contains($days, day)"
    rows = _ask(settings, sql, {"days": list(days)}, REPORT_SNAPSHOT)
    return {(row["site"], row["day"], row["published_at"]) for row in rows}


def published_versions(settings: Settings, day: date) -> dict[str, dict[str, int]]:
    """Return the table versions that the day's newest publication pins, by site."""
    sql = f"select * from published_day where day = $day {NEWEST}"
    rows = _ask(settings, sql, {"day": day}, PUBLISHED_DAY)
    return {row["site"]: dict(row["table_versions"]) for row in rows}


def rules_of_day(settings: Settings, day: date, silver_version: int | None) -> dict[str, list[int]]:
    """Return the versions of the rules that read the day's lines, by site: of silver at a version, else as they landed."""
    connection = open_connection()
    lines, only = SILVER_REQUEST.name, ""
    if silver_version is None:
        # A line may come in a few minutes before its day.
        lines, only = BRONZE_ACCESS_LOG.name, f" and fate = 'accepted' and ingest_date >= '{day - timedelta(days=1)}'"
    connection.register("lines", dataset(settings, lines, silver_version))
    sql = _RULES.replace(" group by", f"{only} group by")
    return dict(connection.execute(sql, {"day": day}).fetchall())


def _ask(settings: Settings, sql: str, parameters: dict[str, Any], *tables: Table) -> list[Row]:
    return rows_of(open_tables(settings, *tables).execute(sql, parameters))
