"""The tables and their views for DuckDB: what analysts and screens read, without Spark."""

from __future__ import annotations

import duckdb

from shoplog.contracts.duckdb_sql import figure_sql, merge_sql
from shoplog.contracts.families import FAMILIES
from shoplog.contracts.model import Family
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, GOLD_ANOMALY, SILVER_REQUEST, TABLES
from shoplog.contracts.visits import OF_SESSIONS, SILVER_LOGIN, VISIT_TABLES
from shoplog.io.duck import NEWEST, dataset, open_connection
from shoplog.settings import Settings


def connect(settings: Settings, query: str | None = None) -> duckdb.DuckDBPyConnection:
    """Return a connection on which every table and view of the contracts has its name.

    Of a `query` that names some of them, only those have the views of published days: each day is a version to open.
    """
    connection = open_connection()
    for name in TABLES:
        connection.register(name, dataset(settings, name, None))
    silver = ", ".join(name for name in SILVER_REQUEST.column_names if name in BRONZE_ACCESS_LOG.column_names)
    refused = "site, host, file, byte_offset, line_bytes, raw, ingest_time, ingest_date, reason"
    for view, columns, fate in (
        ("silver_request_live", silver, "accepted"),
        ("quarantine_access_log_live", refused, "quarantined"),
    ):
        connection.execute(f"create view {view} as select {columns} from bronze_access_log where fate = '{fate}'")
    connection.execute(f"create view published_newest as select * from published_day {NEWEST}")
    nightly = (*VISIT_TABLES, SILVER_LOGIN)
    dated = [*(family.table for family in FAMILIES), *(table.name for table in (*nightly, GOLD_ANOMALY))]
    # Retention is counted from logins.
    words = query.replace("gold_retention_1d_now", SILVER_LOGIN.name) if query is not None else ""
    named = [table for table in dated if table in words]
    wanted = named or dated
    for family in (family for family in FAMILIES if family.table in wanted):
        connection.execute(_live_view(family))
        shown = ["window_start", "window_end", *family.dimensions, *_figures(family)]
        _register_pinned(connection, settings, family.table, shown, "window_start::date")
        connection.execute(_now_view(family))
    for table in (table for table in nightly if table.name in wanted):
        _register_pinned(connection, settings, table.name, list(table.column_names[1:]), "event_date")
        connection.execute(_visits_view(table.name, is_open=table in OF_SESSIONS))
    if SILVER_LOGIN.name in wanted:
        connection.execute(_RETENTION)
    if GOLD_ANOMALY.name in wanted:
        _register_pinned(connection, settings, GOLD_ANOMALY.name, list(GOLD_ANOMALY.column_names[1:]), "event_date")
        connection.execute(_ANOMALIES_NOW)
    return connection


# A cohort is the logins that were first there on one day: day 0 are the new ones, all others have come back.
_RETENTION = f"""create view gold_retention_1d_now as
with firsts as (select site, login_id, min(event_date) as first_date from {SILVER_LOGIN.name}_now group by all)
select l.site, l.event_date, f.first_date, l.event_date - f.first_date as days_since, count(*) as logins,
max(l.status) as status from {SILVER_LOGIN.name}_now l join firsts f on l.site = f.site and l.login_id = f.login_id group by all"""

_ANOMALIES_NOW = """create view gold_anomaly_now as
select * exclude (published_of), 'final' as status from gold_anomaly_pinned
union all by name select l.*, 'provisional' as status from gold_anomaly_live l
anti join published_newest p on l.site = p.site and l.event_date = p.day"""


def _figures(family: Family) -> dict[str, str]:
    """Return DuckDB's spelling of each figure that merges partials, by column name."""
    return {metric.figure_name or metric.name: figure_sql(metric, merge_sql(metric)) for metric in family.metrics}


def _live_view(family: Family) -> str:
    keys = ", ".join(("site", "window_start", "window_end", *family.dimensions))
    figures = ", ".join(f"{sql} as {name}" for name, sql in _figures(family).items())
    return (
        f"create view {family.table}_live as select {keys}, {figures} from gold_partial_live "
        f"where family = '{family.name}' group by {keys}"
    )


def _register_pinned(
    connection: duckdb.DuckDBPyConnection, settings: Settings, table: str, columns: list[str], day_of: str
) -> None:
    """Register the rows of published days, each at the version that was published, as `<table>_pinned`."""
    chosen = ", ".join(["site", f"{day_of} as published_of", *columns])
    parts = [f"select {chosen} from {table} where false"]
    published = connection.execute("select site, day, table_versions from published_newest").fetchall()
    for site, day, versions in published:
        version = dict(versions).get(table)
        if version is None:  # published before this table was kept
            continue
        name = f"{table}_v{version}"
        connection.register(name, dataset(settings, table, version))
        parts.append(f"select {chosen} from {name} where site = '{site}' and event_date = '{day}'")
    connection.execute(f"create view {table}_pinned as {' union all '.join(parts)}")


_LIVE_COUNT = (
    "(select coalesce(sum(l.requests), 0) from gold_partial_live l where l.family = 'traffic' and l.site = p.site "
    "and l.window_date = p.day)"
)
_OF_DAY = "join published_newest p on g.site = p.site and"


def _now_view(family: Family) -> str:
    """Published days from the pinned versions, all others from live; `status` says which, and whether lines came since."""
    return (
        f"create view {family.table}_now as select g.* exclude (published_of), "
        f"case when {_LIVE_COUNT} > p.live_requests then 'final_dirty' else 'final' end as status "
        f"from {family.table}_pinned g {_OF_DAY} g.published_of = p.day "
        f"union all by name select g.*, 'provisional' as status from {family.table}_live g "
        f"anti {_OF_DAY} g.window_start::date = p.day"
    )


def _visits_view(table: str, is_open: bool) -> str:
    """Published days only: nothing live has these rows. A day's sessions are provisional until a later day is published."""
    later = "exists (select 1 from published_newest n where n.site = p.site and n.day > p.day)"
    provisional = f"when not {later} then 'provisional' " if is_open else ""
    return (
        f"create view {table}_now as select g.* exclude (published_of), "
        f"case {provisional}when {_LIVE_COUNT} > p.live_requests then 'final_dirty' else 'final' end as status "
        f"from {table}_pinned g {_OF_DAY} g.published_of = p.day"
    )
