"""The day's quality: small frames for Great Expectations, outcomes into quality_result."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

from shoplog.contracts.families import FAMILIES
from shoplog.contracts.tables import GOLD_PARITY, LEDGER_FILE, QUALITY_RESULT
from shoplog.io.commits import latest_version
from shoplog.io.leases import table_leases
from shoplog.io.sinks import append, create_table
from shoplog.settings import Settings

if TYPE_CHECKING:
    import pandas
    from pyspark.sql import SparkSession


def check_day(session: SparkSession, settings: Settings, day: date) -> dict[str, Any]:
    """Run the suites on the day's frames, keep the outcomes, return how many passed and failed by severity."""
    from expectations.run import run_quality

    frames = {
        "ledger": _frame(session, settings, LEDGER_FILE.name, f"day = '{day.isoformat()}'"),
        "parity": _frame(session, settings, GOLD_PARITY.name, f"day = '{day.isoformat()}'"),
    }
    for family in FAMILIES:
        frames[family.table] = _profile(session, settings, family.table, day)
    tables = {"ledger": LEDGER_FILE.name, "parity": GOLD_PARITY.name, **{f.table: f.table for f in FAMILIES}}
    versions = {suite: latest_version(settings.warehouse / table) or 0 for suite, table in tables.items()}
    rows = run_quality(settings, day, frames, versions)
    with table_leases(settings, (QUALITY_RESULT.name,), "quality", session._jvm):
        create_table(session, settings, QUALITY_RESULT.name)
        values = [tuple(asdict(row)[name] for name in QUALITY_RESULT.column_names) for row in rows]
        append(session.createDataFrame(values, QUALITY_RESULT.schema_ddl).coalesce(1), settings, QUALITY_RESULT.name)
    failed = [row for row in rows if not row.success]
    return {
        "checks": len(rows), "passed": len(rows) - len(failed),
        "critical_failures": sum(row.severity == "critical" for row in failed),
        "failed": [f"{row.suite}: {row.expectation} {row.column}: {row.observed}" for row in failed],
    }  # fmt: skip


def _frame(session: SparkSession, settings: Settings, table: str, where: str) -> pandas.DataFrame:
    create_table(session, settings, table)
    return session.read.format("delta").load(str(settings.warehouse / table)).where(where).toPandas()


def _profile(session: SparkSession, settings: Settings, table: str, day: date) -> pandas.DataFrame:
    """Return metric, minimum, maximum and nulls of each countable column of the day."""
    family = next(family for family in FAMILIES if family.table == table)
    names = [m.figure_name or m.name for m in family.metrics if m.type == "bigint" or m.figure]
    totals = [
        f"{expression} {n}_{kind}"
        for n in names
        for kind, expression in (
            ("minimum", f"cast(min({n}) as double)"),
            ("maximum", f"cast(max({n}) as double)"),
            ("nulls", f"count_if({n} is null)"),
        )
    ]
    stacked = ", ".join(f"'{n}', {n}_minimum, {n}_maximum, {n}_nulls" for n in names)
    create_table(session, settings, table)
    rows = session.read.format("delta").load(str(settings.warehouse / table)).where(f"event_date = '{day.isoformat()}'")
    return (
        rows.selectExpr(*totals)
        .selectExpr(f"stack({len(names)}, {stacked}) as (metric, minimum, maximum, nulls)")
        .toPandas()
    )
