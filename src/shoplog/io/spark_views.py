"""The tables and their views for Spark: the names that `shoplog sql` has, in a session's catalog, which nothing outlives."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shoplog.contracts.families import FAMILIES
from shoplog.contracts.model import Family, Metric, Table
from shoplog.contracts.proof import PUBLISHED_DAY
from shoplog.contracts.tables import TABLES
from shoplog.contracts.visits import SILVER_LOGIN
from shoplog.io.commits import latest_version
from shoplog.io.duck import NEWEST, open_tables, rows_of
from shoplog.io.pinned_tables import COUNTS, pin
from shoplog.io.view_sql import DATED, PLAIN_VIEWS, RETENTION, live_view, now_view, shown_columns
from shoplog.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class SparkViews:
    """Names of every table and view in the session's catalog.

    Tables are read as they are when they are asked, published days as they were at the last `refresh`. `folder` holds what names
    their files, and goes with this object.
    """

    def __init__(self, session: SparkSession, settings: Settings) -> None:
        self._session, self._settings = session, settings
        (settings.home / "spark").mkdir(parents=True, exist_ok=True)
        self._kept = tempfile.TemporaryDirectory(dir=settings.home / "spark", prefix="views-")
        self.folder = Path(self._kept.name)
        self._tables: set[str] = set()
        self._views: set[str] = set()
        self._seen: Any = None
        session.sql("create database if not exists pinned")
        self.refresh()

    def refresh(self) -> bool:
        """Take in tables that have come to exist and days that were published since; return whether there were any."""
        present = {name for name in TABLES if latest_version(self._settings.warehouse / name) is not None}
        published = latest_version(self._settings.warehouse / PUBLISHED_DAY.name)
        if self._seen == (present, published):
            return False
        for name, table in TABLES.items():
            if name in present:
                self._name_table(name, self._settings.warehouse / name)
            else:
                nothing = ", ".join(f"cast(null as {column.type}) as {column.name}" for column in table.columns)
                self._name_view(name, f"select {nothing} where false")
        for name, sql in PLAIN_VIEWS.items():
            self._name_view(name, sql)
        newest = open_tables(self._settings, PUBLISHED_DAY).execute(f"from {PUBLISHED_DAY.name} {NEWEST}")
        days = rows_of(newest)
        families = {family.table: family for family in FAMILIES}
        for table in DATED:
            if table.name in families:
                self._name_view(f"{table.name}_live", live_view(families[table.name], _figures(families[table.name])))
            self._name_pinned(table, pin(self._settings, table, days, self.folder / table.name))
            self._name_view(f"{table.name}_now", now_view(table))
            if table is SILVER_LOGIN:
                self._name_view("gold_retention_1d_now", RETENTION)
        self._seen = (present, published)
        return True

    def _name_pinned(self, table: Table, has_days: bool) -> None:
        columns = ", ".join(("site", "event_date as published_of", *shown_columns(table)))
        source = f"{table.name} where false"
        if has_days:
            self._name_table(f"pinned.{table.name}", self.folder / table.name)
            source = f"pinned.{table.name} where {COUNTS}"
        self._name_view(f"{table.name}_pinned", f"select {columns} from {source}")

    def close(self) -> None:
        """Take the names away, and the folder."""
        for kind, names in (("view", self._views), ("table", self._tables)):
            for name in names:
                self._session.sql(f"drop {kind} {name}")
        self._kept.cleanup()

    def _name_table(self, name: str, path: Path) -> None:
        if name in self._tables:
            return
        if name in self._views:
            self._session.sql(f"drop view {name}")
            self._views.remove(name)
        self._session.sql(f"create table {name} using delta location '{path}'")
        self._tables.add(name)

    def _name_view(self, name: str, sql: str) -> None:
        self._session.sql(f"create or replace view {name} as {sql}")
        self._views.add(name)


def _figures(family: Family) -> dict[str, str]:
    """Return Spark's spelling of each figure that merges partials, by column name."""
    return {metric.figure_name or metric.name: _figure(metric) for metric in family.metrics}


def _figure(metric: Metric) -> str:
    if metric.figure:
        return metric.figure.replace(metric.name, metric.merge)
    return metric.merge if metric.type.startswith("array") else f"cast({metric.merge} as {metric.type})"
