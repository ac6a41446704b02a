from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import write_deltalake

from shoplog.contracts.proof import QUALITY_RESULT
from shoplog.io.arrow import arrow_schema
from shoplog.io.trends import quality_trend
from shoplog.settings import Settings

DAY = date(2026, 11, 20)
ROOT = Path(__file__).parents[2]


def keep(settings: Settings, run_id: str, day: date, suite: str, severities: list[str | None], hour: int = 2) -> None:
    """Keep a run's outcomes: each passed, or failed with a severity."""
    at = datetime(2026, 11, 21, hour, tzinfo=UTC)
    rows: list[dict[str, Any]] = [
        {"run_id": run_id, "run_time": at, "day": day, "suite": suite, "severity": severity or "critical",
         "success": severity is None} for severity in severities
    ]  # fmt: skip
    schema = arrow_schema(QUALITY_RESULT)
    filled = [{**dict.fromkeys(schema.names), **row} for row in rows]
    write_deltalake(
        str(settings.warehouse / QUALITY_RESULT.name), pa.Table.from_pylist(filled, schema=schema), mode="append"
    )


def test_the_newest_run_of_each_day_counts_newest_day_first(settings: Settings) -> None:
    keep(settings, "old", DAY, "ledger", ["critical", "critical"], hour=1)
    keep(settings, "new", DAY, "ledger", [None, None, "critical", "warning"])
    keep(settings, "new", DAY, "volume", [None, "info"])
    keep(settings, "before", DAY - timedelta(days=1), "ledger", [None])
    keep(settings, "long ago", DAY - timedelta(days=30), "ledger", [None])
    keep(settings, "after", DAY + timedelta(days=1), "ledger", [None])
    rows = [tuple(row.values()) for row in quality_trend(settings, DAY)]
    assert rows == [
        (DAY, "ledger", 4, 2, 0.5, 1, 1, 0),
        (DAY, "volume", 2, 1, 0.5, 0, 0, 1),
        (DAY - timedelta(days=1), "ledger", 1, 1, 1.0, 0, 0, 0),
    ]


def test_a_trend_needs_neither_spark_nor_great_expectations(settings: Settings) -> None:
    keep(settings, "new", DAY, "ledger", [None])
    environment = {**os.environ, "SHOPLOG_HOME": str(settings.home), "PYTHONPATH": f"{ROOT}/src:{ROOT}", "TZ": "UTC"}
    code = (
        "import sys; from shoplog.cli import app\n"
        "try: app(['quality', '--trend', '--date', '2026-11-20', '--json'])\n"
        "finally: assert not {'pyspark', 'great_expectations'} & set(sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout)["pass_ratio"] == 1.0
