"""The tables of the quality page as a night leaves them, written by hand and without Spark; a test changes what is wrong."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
from deltalake import write_deltalake

from shoplog.contracts.proof import CERTIFICATE, GOLD_PARITY, LEDGER_FILE, LEDGER_WINDOW, PUBLISHED_DAY, QUALITY_RESULT
from shoplog.contracts.tables import GOLD_PARTIAL_LIVE, TABLES
from shoplog.io.arrow import arrow_schema
from shoplog.settings import Settings

DAY = date(2026, 11, 20)
TODAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
NIGHT = datetime(2026, 11, 21, 1, 30, tzinfo=UTC)

RIGHT: dict[str, dict[str, Any]] = {
    GOLD_PARTIAL_LIVE.name: {
        "family": "traffic", "site": "shop", "window_start": NOON, "window_date": DAY, "requests": 60,
    },
    CERTIFICATE.name: {
        "day": DAY, "site": "shop", "made_at": NIGHT, "verdict": "equal", "bronze_version": 7, "live_version": 6,
        "figures": 1200, "differing": 0, "explained": 0, "unexplained_figures": 0, "late_requests": 0, "ledger_residue": 0,
        "ledger_bytes": 0, "table_versions": [("gold_traffic_1m", 3)], "document": '{"code": "abc", "more": {"a": 1}}',
    },
    PUBLISHED_DAY.name: {
        "site": "shop", "day": DAY, "published_at": NIGHT, "bronze_version": 7, "table_versions": [], "requests": 60,
        "live_requests": 60,
    },
    LEDGER_FILE.name: {
        "day": DAY, "site": "shop", "host": "web1", "file": "access-20261120-12.log", "written": 60, "read": 60,
        "kafka": 60, "bronze": 60, "accepted": 60, "quarantined": 0, "duplicates": 0, "in_flight": 0, "residue": 0,
        "torn": 0, "missing_bytes": 0, "doubled_bytes": 0, "broken_ranges": "", "erased": 0,
    },
    LEDGER_WINDOW.name: {"day": DAY, "site": "shop", "window_start": NOON, "accepted": 60, "gold": 60, "residue": 0},
    QUALITY_RESULT.name: {
        "run_id": "a", "run_time": NIGHT, "day": DAY, "suite": "ledger", "expectation": "expect_x", "column": "residue",
        "severity": "critical", "success": True, "observed": "0", "unexpected_count": 0, "table_version": 1,
    },
}  # fmt: skip


def write(settings: Settings, table: str, *rows: dict[str, Any]) -> None:
    """Append rows to a table, made where it does not exist."""
    arrow = pa.Table.from_pylist(list(rows), schema=arrow_schema(TABLES[table]))
    by = list(TABLES[table].partition_by) or None
    write_deltalake(str(settings.warehouse / table), arrow, partition_by=by, mode="append")


def right_day(settings: Settings, without: str | None = None, **changed: dict[str, Any]) -> None:
    """Write a day that is right in all, but for a table that is left out and what is changed of a table's row."""
    for table, row in RIGHT.items():
        if table != without:
            write(settings, table, {**row, **changed.get(table, {})})


def parity(**given: Any) -> dict[str, Any]:
    """A row of the comparison that differs by one."""
    usual = {
        "day": DAY, "family": "pages", "site": "shop", "window_start": NOON, "metric": "requests",
        "dimension": '{"path":"/a"}', "live": 2.0, "batch": 1.0, "difference": 1.0, "explained_by": None, "unexplained": 1.0,
        "bronze_version": 7,
    }  # fmt: skip
    assert set(given) <= set(GOLD_PARITY.column_names)
    return {**usual, **given}


def days_before(days: int) -> date:
    return DAY - timedelta(days=days)
