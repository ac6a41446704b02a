"""Each view of the tables, said once in SQL that DuckDB and Spark read alike; the figures' own spelling is given by the caller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shoplog.contracts.families import FAMILIES
from shoplog.contracts.model import Family, Table
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, GOLD, GOLD_ANOMALY, SILVER_REQUEST
from shoplog.contracts.visits import OF_SESSIONS, SILVER_LOGIN, VISIT_TABLES
from shoplog.io.duck import NEWEST

NIGHTLY = (*VISIT_TABLES, SILVER_LOGIN)
# Every table whose days are read at the versions that were published, as `<table>_pinned`.
DATED = (*GOLD.values(), *NIGHTLY, GOLD_ANOMALY)

_SILVER = ", ".join(name for name in SILVER_REQUEST.column_names if name in BRONZE_ACCESS_LOG.column_names)
_REFUSED = "site, host, file, byte_offset, line_bytes, raw, ingest_time, ingest_date, reason"
PLAIN_VIEWS = {
    "silver_request_live": f"select {_SILVER} from bronze_access_log where fate = 'accepted'",
    "quarantine_access_log_live": f"select {_REFUSED} from bronze_access_log where fate = 'quarantined'",
    "published_newest": f"select * from published_day {NEWEST}",
}


def shown_columns(table: Table) -> list[str]:
    """Return the columns behind `site` that the views of a table with published days show: figures, not what they are merged of."""
    for family in FAMILIES:
        if family.table == table.name:
            figures = [metric.figure_name or metric.name for metric in family.metrics]
            return ["window_start", "window_end", *family.dimensions, *figures]
    return list(table.column_names[1:])


def live_view(family: Family, figures: Mapping[str, str]) -> str:
    """Return the family's partials of the stream, added up; `figures` is the SQL of each by column name."""
    keys = ", ".join(("site", "window_start", "window_end", *family.dimensions))
    chosen = ", ".join(f"{sql} as {name}" for name, sql in figures.items())
    return f"select {keys}, {chosen} from gold_partial_live where family = '{family.name}' group by {keys}"


_LIVE_COUNT = (
    "(select coalesce(sum(l.requests), 0) from gold_partial_live l where l.family = 'traffic' and l.site = p.site "
    "and l.window_date = p.day)"
)
_DIRTY = f"when {_LIVE_COUNT} > p.live_requests then 'final_dirty' else 'final' end as status"


def now_view(table: Table) -> str:
    """Return published days from the pinned versions, all others from live where there are live ones.

    `status` says which, and whether lines came since; a day's sessions are provisional until a later day is published.
    """
    columns = _of("g", shown_columns(table))
    latest = "(select max(n.day) from published_newest n where n.site = p.site)"
    open_sessions = f"when p.day = {latest} then 'provisional' " if table in OF_SESSIONS else ""
    pinned = (
        f"select {columns}, case {open_sessions}{_DIRTY} from {table.name}_pinned g "
        "join published_newest p on g.site = p.site and g.published_of = p.day"
    )
    if table in NIGHTLY:
        return pinned
    if table is GOLD_ANOMALY:
        pinned = f"select {columns}, 'final' as status from {table.name}_pinned g"
    day = "g.event_date" if table is GOLD_ANOMALY else "cast(g.window_start as date)"
    return (
        f"{pinned} union all select {columns}, 'provisional' as status from {table.name}_live g "
        f"where not exists (select 1 from published_newest p where g.site = p.site and {day} = p.day)"
    )


# A cohort is the logins that were first there on one day: day 0 are the new ones, all others have come back.
RETENTION = f"""with firsts as (select site, login_id, min(event_date) as first_date from {SILVER_LOGIN.name}_now group by all)
select l.site, l.event_date, f.first_date, cast(l.event_date - f.first_date as bigint) as days_since, count(*) as logins,
max(l.status) as status from {SILVER_LOGIN.name}_now l join firsts f on l.site = f.site and l.login_id = f.login_id group by all"""


def _of(alias: str, columns: Sequence[str]) -> str:
    return ", ".join(f"{alias}.{name}" for name in ("site", *columns))
