"""The day's quality: small frames for Great Expectations, outcomes into quality_result, alerts to whoever wants them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from jobs.batch.quality_frames import Measured, day_frames, measured_days
from shoplog.contracts.families import FAMILIES
from shoplog.contracts.proof import (
    CERTIFICATE,
    GOLD_PARITY,
    LEDGER_FILE,
    LEDGER_WINDOW,
    QUALITY_MEASURE,
    QUALITY_RESULT,
)
from shoplog.contracts.quality import HISTORY_DAYS, SEVERITIES
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, TABLES
from shoplog.io.commits import latest_version
from shoplog.io.duck import dataset, open_tables
from shoplog.io.leases import table_leases
from shoplog.io.sinks import append, create_table, replace_days
from shoplog.settings import Settings

if TYPE_CHECKING:
    import duckdb
    from pyspark.sql import SparkSession

LOOKED_AT = {
    "ledger": LEDGER_FILE.name,
    "windows": LEDGER_WINDOW.name,
    "parity": GOLD_PARITY.name,
    "certificate": CERTIFICATE.name,
    "volume": BRONZE_ACCESS_LOG.name,
    **{family.table: family.table for family in FAMILIES},
}


def check_day(session: SparkSession, settings: Settings, day: date) -> dict[str, Any]:
    """Run the suites on the day's frames, keep the outcomes, alert; return how many failed by severity, and where no alert went."""
    from expectations.alerts import send_alerts
    from expectations.run import run_quality

    is_over = day < datetime.now(UTC).date()
    versions = {suite: latest_version(settings.warehouse / table) or 0 for suite, table in LOOKED_AT.items()}
    connection = open_tables(settings, *(TABLES[name] for name in {*LOOKED_AT.values(), QUALITY_MEASURE.name}))
    with table_leases(settings, (QUALITY_MEASURE.name, QUALITY_RESULT.name), "quality", session._jvm):
        _keep_measures(session, settings, connection, day)
        rows = run_quality(settings, day, day_frames(connection, day, is_over), versions)
        create_table(settings, QUALITY_RESULT.name)
        values = [tuple(asdict(row)[name] for name in QUALITY_RESULT.column_names) for row in rows]
        append(session.createDataFrame(values, QUALITY_RESULT.schema_ddl).coalesce(1), settings, QUALITY_RESULT.name)
    failed = [row for row in rows if not row.success]
    return {
        "checks": len(rows), "passed": len(rows) - len(failed),
        **{f"{severity}_failures": sum(row.severity == severity for row in failed) for severity in SEVERITIES},
        "failed": [f"{row.severity}: {row.suite}: {row.expectation} {row.column}: {row.observed}" for row in failed],
        # After the outcomes are kept: an alert that cannot be sent never hides them.
        "alerts_failed": send_alerts(settings, rows),
    }  # fmt: skip


def _keep_measures(session: SparkSession, settings: Settings, connection: duckdb.DuckDBPyConnection, day: date) -> None:
    """Measure the day anew and earlier days that nobody measured; `quality_measure` then holds what is usual."""
    create_table(settings, QUALITY_MEASURE.name)
    first = day - timedelta(days=HISTORY_DAYS)
    known = connection.execute(f"select distinct day from {QUALITY_MEASURE.name} where day >= $1", [first]).fetchall()
    days = [d for d in _days(first, day) if d == day or (d,) not in known]
    measured: list[Measured] = measured_days(connection, days)
    rows = session.createDataFrame(measured, QUALITY_MEASURE.schema_ddl).coalesce(1)
    replace_days(rows, settings, QUALITY_MEASURE.name, days)
    connection.register(QUALITY_MEASURE.name, dataset(settings, QUALITY_MEASURE.name, None))


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=step) for step in range((last - first).days + 1)]
