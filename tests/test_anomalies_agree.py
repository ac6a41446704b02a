"""Live and recomputed anomalies of the same lines: each planted incident once in both layers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from jobs.batch.recompute import recompute
from jobs.streaming.anomalies import AnomalyWatch
from shoplog.cli import app
from shoplog.contracts.tables import GOLD_ANOMALY, GOLD_ANOMALY_LIVE
from shoplog.io.logfile import read_lines
from shoplog.io.sinks import create_table, table_path
from shoplog.settings import Settings
from shoplog.traffic import PlannedIncident, TrafficPlan, generate
from tests.streaming.records import YESTERDAY, Batches, value

pytestmark = [pytest.mark.spark, pytest.mark.timeout(900)]


def test_a_planted_incident_is_told_once_live_and_stands_once_in_the_recomputed_day(
    spark: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    settings = Settings(home=tmp_path / "home", host="web1")
    batches = Batches(spark, settings)
    batches.ingest_time = datetime.now(UTC)
    create_table(settings, GOLD_ANOMALY_LIVE.name)
    watch, told = AnomalyWatch(batches.tables), 0
    end = datetime(YESTERDAY.year, YESTERDAY.month, YESTERDAY.day, 18, tzinfo=UTC)
    incident = PlannedIncident("brute_force", 120)
    plan = TrafficPlan("shop", tmp_path / "logs", end - timedelta(hours=3), end, lines=9_000, incidents=(incident,))
    generate(plan)
    for path in sorted(plan.log_dir.glob("*.log")):
        for lines in read_lines(path, "shop", "web1", datetime.now(UTC)):
            sent = [value(raw, at, path.name) for raw, at in lines.select("raw", "byte_offset").iter_rows()]
            for half in (sent[: len(sent) // 2], sent[len(sent) // 2 :]):
                batches.send({0: half})
                told += watch.tick()
    assert told == 1
    assert watch.tick() == 0
    # After a restart the last day is judged again, and nothing is told again.
    assert AnomalyWatch(batches.tables).tick() == 0
    recompute(spark, settings, [YESTERDAY])
    (live,), (final,) = (rows(settings, table.name) for table in (GOLD_ANOMALY_LIVE, GOLD_ANOMALY))
    keys = ("site", "kind", "pattern", "metric", "window_start", "subject", "host", "file", "byte_offset")
    assert {key: live[key] for key in keys} == {key: final[key] for key in keys}
    assert (live["pattern"], live["window_start"]) == ("brute_force", end - timedelta(hours=1))
    assert live["subject"] is not None
    named = pl.scan_delta(str(batches.tables.bronze)).filter(pl.col("address_id") == live["subject"]).collect()
    assert len(named) == 5_000
    assert all(raw.startswith(b"192.0.2.202 ") for raw in named["raw"])
    assert live["byte_offset"] in named["byte_offset"]
    for table in ("gold_anomaly", "gold_anomaly_live"):
        assert "192.0.2.202" not in str(rows(settings, table)), "an address stands in bronze alone"
    monkeypatch.setenv("SHOPLOG_HOME", str(settings.home))
    done = CliRunner().invoke(app, ["anomalies", "--date", YESTERDAY.isoformat(), "--show-addresses", "--json"])
    assert done.exit_code == 0, done.output
    (listed,) = [json.loads(text) for text in done.stdout.splitlines()]
    assert (listed["pattern"], listed["address"], listed["status"]) == ("brute_force", "192.0.2.202", "provisional")


def rows(settings: Settings, table: str) -> list[dict[str, Any]]:
    return pl.read_delta(str(table_path(settings, table))).to_dicts()
