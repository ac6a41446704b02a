"""Which sites' days were published, and which have lines and wait for it."""

from __future__ import annotations

from datetime import date

from shoplog.contracts.families import TRAFFIC
from shoplog.contracts.proof import PUBLISHED_DAY
from shoplog.contracts.tables import BRONZE_IMPORT_LOG, GOLD_PARTIAL_LIVE
from shoplog.io.duck import NEWEST, Row, open_tables, rows_of
from shoplog.settings import Settings

_DAYS = f"""with live as (
    select site, window_date as day, sum(requests)::bigint as requests from {GOLD_PARTIAL_LIVE.name}
    where family = '{TRAFFIC.name}' and window_date between $first and $last group by all),
imported as (
    select distinct site, event_date as day from {BRONZE_IMPORT_LOG.name}
    where fate = 'accepted' and event_date between $first and $last),
newest as (select * from {PUBLISHED_DAY.name} where day between $first and $last {NEWEST}),
known as (select site, day from live union select * from imported union select site, day from newest)
select k.site, k.day, case when n.site is null then 'provisional'
    when coalesce(l.requests, 0) > n.live_requests then 'final_dirty' else 'final' end as status,
    n.requests, n.published_at, n.bronze_version, n.table_versions
from known k left join live l on l.site = k.site and l.day = k.day left join newest n on n.site = k.site and n.day = k.day
order by k.day, k.site"""
_ANY_BEFORE = f"""select exists (from {GOLD_PARTIAL_LIVE.name} where family = '{TRAFFIC.name}' and window_date < $first)
or exists (from {BRONZE_IMPORT_LOG.name} where fate = 'accepted' and event_date < $first)"""


def known_days(settings: Settings, first: date, last: date) -> tuple[list[Row], bool]:
    """Return the sites' days with lines, and whether any earlier day had some.

    site, day, `status` (provisional: not published; final_dirty: lines came in since), and of the newest publication
    requests, published_at, bronze_version and table_versions (by table), null where there is none.
    """
    connection = open_tables(settings, PUBLISHED_DAY, GOLD_PARTIAL_LIVE, BRONZE_IMPORT_LOG)
    rows = rows_of(connection.execute(_DAYS, {"first": first, "last": last}))
    earlier = connection.execute(_ANY_BEFORE, {"first": first}).fetchone()
    return rows, bool(earlier and earlier[0])
