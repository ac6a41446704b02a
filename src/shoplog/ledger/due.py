"""Which UTC days a nightly has to do: the day itself, and published days that lines came for since."""

from __future__ import annotations

from datetime import date

from shoplog.contracts.families import TRAFFIC
from shoplog.contracts.proof import PUBLISHED_DAY
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, BRONZE_IMPORT_LOG, GOLD_PARTIAL_LIVE
from shoplog.io.duck import NEWEST, open_tables
from shoplog.io.gone import retained_days
from shoplog.settings import Settings


def dirty_days(settings: Settings, before: date) -> list[tuple[str, date, int]]:
    """Return site, day and waiting lines of each published day before `before` that lines came for since."""
    tables = open_tables(settings, PUBLISHED_DAY, GOLD_PARTIAL_LIVE)
    found: list[tuple[str, date, int]] = tables.execute(
        f"with live as (select site, window_date as day, sum(requests)::bigint as requests from gold_partial_live "
        f"where family = '{TRAFFIC.name}' group by all), newest as (select * from published_day {NEWEST}) "
        "select p.site, p.day, l.requests - p.live_requests from newest p join live l on l.site = p.site and l.day = p.day "
        "where l.requests > p.live_requests and p.day < ? order by p.day, p.site",
        [before],
    ).fetchall()
    return found


def due_days(settings: Settings, day: date) -> list[date]:
    """Return the days to recompute, ascending: `day` and each dirty one before it that has all its lines; none before any came.

    A day without lines after days with some is due: its recompute says that they are missing.
    """
    bronze = (BRONZE_ACCESS_LOG, BRONZE_IMPORT_LOG)
    came = " union all ".join(
        f"(select 1 from {table.name} where coalesce(event_date, ingest_date) <= $day limit 1)" for table in bronze
    )
    if not open_tables(settings, *bronze).execute(came, {"day": day}).fetchall():
        return []
    dirty = {one for _, one, _ in dirty_days(settings, day)}
    # What is left of their lines would take the place of all of them.
    return sorted({day, *(dirty - retained_days(settings))})
