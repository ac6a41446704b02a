"""The tables and their views for DuckDB: what analysts and screens read, without Spark."""

from __future__ import annotations

import duckdb

from shoplog.contracts.duckdb_sql import figure_sql, merge_sql
from shoplog.contracts.families import FAMILIES
from shoplog.contracts.model import Family, Table
from shoplog.contracts.tables import TABLES
from shoplog.contracts.visits import SILVER_LOGIN
from shoplog.io.duck import dataset, open_connection
from shoplog.io.view_sql import DATED, PLAIN_VIEWS, RETENTION, live_view, now_view, shown_columns
from shoplog.settings import Settings


def connect(settings: Settings, query: str | None = None) -> duckdb.DuckDBPyConnection:
    """Return a connection on which every table and view of the contracts has its name.

    Of a `query` that names some of them, only those have the views of published days: each day is a version to open.
    """
    connection = open_connection()
    for name in TABLES:
        connection.register(name, dataset(settings, name, None))
    for name, sql in PLAIN_VIEWS.items():
        connection.execute(f"create view {name} as {sql}")
    # Retention is counted from logins.
    words = query.replace("gold_retention_1d_now", SILVER_LOGIN.name) if query is not None else ""
    wanted = [table for table in DATED if table.name in words] or DATED
    families = {family.table: family for family in FAMILIES}
    for table in wanted:
        if table.name in families:
            family = families[table.name]
            connection.execute(f"create view {table.name}_live as {live_view(family, _figures(family))}")
        _register_pinned(connection, settings, table)
        connection.execute(f"create view {table.name}_now as {now_view(table)}")
    if SILVER_LOGIN in wanted:
        connection.execute(f"create view gold_retention_1d_now as {RETENTION}")
    return connection


def _figures(family: Family) -> dict[str, str]:
    """Return DuckDB's spelling of each figure that merges partials, by column name."""
    return {metric.figure_name or metric.name: figure_sql(metric, merge_sql(metric)) for metric in family.metrics}


def _register_pinned(connection: duckdb.DuckDBPyConnection, settings: Settings, table: Table) -> None:
    """Register the rows of published days, each at the version that was published, as `<table>_pinned`."""
    chosen = ", ".join(["site", "event_date as published_of", *shown_columns(table)])
    parts = [f"select {chosen} from {table.name} where false"]
    published = connection.execute("select site, day, table_versions from published_newest").fetchall()
    for site, day, versions in published:
        version = dict(versions).get(table.name)
        if version is None:  # published before this table was kept
            continue
        name = f"{table.name}_v{version}"
        connection.register(name, dataset(settings, table.name, version))
        parts.append(f"select {chosen} from {name} where site = '{site}' and event_date = '{day}'")
    connection.execute(f"create view {table.name}_pinned as {' union all '.join(parts)}")
