"""A warehouse as stream, recompute and publish leave it, made of requests by the figures' own definition, without Spark."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from jobs.batch.snapshots import snapshot_rows
from jobs.report import make_report
from shoplog.contracts.families import FAMILIES, LIVE_FAMILIES
from shoplog.contracts.proof import PUBLISHED_DAY
from shoplog.contracts.snapshots import REPORT_SNAPSHOT, SNAPSHOT_ROWS
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, GOLD, GOLD_PARTIAL_LIVE, SILVER_REQUEST, TABLES
from shoplog.contracts.visits import SILVER_LOGIN, VISIT_TABLES
from shoplog.io.arrow import arrow_schema, to_arrow
from shoplog.io.commits import latest_version
from shoplog.io.duck import estimate_visitors
from shoplog.report.question import Question, Span
from shoplog.settings import Settings
from shoplog.transforms.measure import measured

DAY = date(2026, 11, 20)
Rows = Sequence[dict[str, Any]]


def noon(day: date = DAY, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, 12, minute, tzinfo=UTC)


def request(path: str = "/", status: int = 200, **more: Any) -> dict[str, Any]:
    """An accepted page view of a person; whatever differs is given."""
    at = more.get("event_time", noon())
    usual = {
        "site": "shop", "host": "web1", "file": "a.log", "byte_offset": 0, "fate": "accepted", "event_time": at,
        "event_date": at.date(), "ingest_time": at, "ingest_date": at.date(), "method": "GET", "path": path, "status": status,
        "bytes_sent": 100, "traffic_type": "Regular", "page_class": "page", "visitor_id": "v1", "device": "desktop",
        "os": "Linux", "browser": "Firefox", "country": "DE",
    }  # fmt: skip
    return {**usual, **more}


def frame(rows: Rows) -> pl.DataFrame:
    made = pl.from_arrow(pa.Table.from_pylist(list(rows), schema=arrow_schema(BRONZE_ACCESS_LOG)))
    assert isinstance(made, pl.DataFrame)
    return made


class Warehouse:
    """Tables below `settings.warehouse`; each call is one commit a table."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def stream(self, rows: Rows, at: datetime | None = None) -> None:
        """Partials of a batch of requests, committed at a moment."""
        table = GOLD_PARTIAL_LIVE.name
        self._write(table, measured(frame(rows), LIVE_FAMILIES), mode="append")
        if at is not None:
            self.commit_at(table, at)

    def recompute(self, rows: Rows, day: date = DAY) -> None:
        """The day's gold tables, of one day's requests, replaced."""
        every = measured(frame(rows), FAMILIES).rename({"window_date": "event_date"})
        for family in FAMILIES:
            made = every.filter(pl.col("family") == family.name)
            for metric in family.metrics:
                if metric.figure_name:
                    people = [estimate_visitors([sketch]) for sketch in made[metric.name]]
                    made = made.with_columns(pl.Series(metric.figure_name, people, pl.Int64))
            self._replace(family.table, made, day)

    def nightly(self, table: str, rows: Rows, day: date = DAY) -> None:
        """The day's rows of another table of the nightly run, replaced; columns that are not given are null."""
        given = [{"site": "shop", "event_date": day, **row} for row in rows]
        schema = arrow_schema(TABLES[table])
        made = pl.from_arrow(pa.Table.from_pylist(given, schema=schema))
        assert isinstance(made, pl.DataFrame)
        self._replace(table, made, day)

    def publish(self, at: datetime, day: date = DAY, live_requests: int = 0, site: str = "shop", **other: Any) -> None:
        """The switch, at a moment, to the newest versions of all gold tables."""
        tables = [table.name for table in (*GOLD.values(), *VISIT_TABLES, SILVER_LOGIN, SILVER_REQUEST)]
        versions = {table: latest_version(self.settings.warehouse / table) for table in tables}
        versions = {table: version for table, version in versions.items() if version is not None}
        row = {
            "site": site, "day": day, "published_at": at, "bronze_version": 7, "table_versions": list(versions.items()),
            "requests": live_requests, "live_requests": live_requests, **other,
        }  # fmt: skip
        rows = pa.Table.from_pylist([row], schema=arrow_schema(PUBLISHED_DAY))
        write_deltalake(str(self.settings.warehouse / PUBLISHED_DAY.name), rows, mode="append")

    def keep(self, day: date = DAY, moment: datetime | None = None, cause: str = "nightly") -> None:
        """The day's report as it is, kept as of its publication or of a moment."""
        report = make_report(self.settings, Question(Span(day, day), limit=SNAPSHOT_ROWS))
        rows = [row for of_site in snapshot_rows(self.settings, report, cause, moment) for row in of_site]
        made = [{**row, "table_versions": list(row["table_versions"].items())} for row in rows]
        arrow = pa.Table.from_pylist(made, schema=arrow_schema(REPORT_SNAPSHOT))
        write_deltalake(str(self.settings.warehouse / REPORT_SNAPSHOT.name), arrow, mode="append", partition_by=["day"])

    def commit_at(self, table: str, at: datetime) -> None:
        """Let the newest commit have been readable since a moment."""
        version = DeltaTable(str(self.settings.warehouse / table)).version()
        log = self.settings.warehouse / table / "_delta_log" / f"{version:020d}.json"
        os.utime(log, (at.timestamp(), at.timestamp()))

    def _replace(self, table: str, rows: pl.DataFrame, day: date) -> None:
        exists = latest_version(self.settings.warehouse / table) is not None
        only = {"predicate": f"event_date = '{day}'"} if exists else {}
        self._write(table, rows, mode="overwrite", **only)

    def _write(self, table: str, rows: pl.DataFrame, **how: Any) -> None:
        arrow = pa.Table.from_batches(list(to_arrow(rows, TABLES[table])), schema=arrow_schema(TABLES[table]))
        write_deltalake(
            str(self.settings.warehouse / table), arrow, partition_by=list(TABLES[table].partition_by) or None, **how
        )


def days_after(days: int, day: date = DAY) -> date:
    return day + timedelta(days=days)
