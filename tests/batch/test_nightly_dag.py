"""The nightly's first start and its retries, asked of Airflow's own scheduling code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shoplog.settings import REPOSITORY, Settings
from tests.batch.bronze_rows import Bronze, at, line

READ = """
import json, sys
from datetime import datetime, timezone
import pendulum
sys.path.insert(0, sys.argv[1])
import nightly
from airflow.serialization.decoders import decode_timetable
from airflow.serialization.encoders import encode_timetable
from airflow.timetables import trigger
from airflow.timetables.base import DataInterval, TimeRestriction

dag = nightly.nightly()
timetable = decode_timetable(json.loads(json.dumps(encode_timetable(dag.timetable))))

def next_run(now, last=None):
    trigger.utcnow = lambda: pendulum.parse(now)
    interval = DataInterval.exact(pendulum.parse(last)) if last else None
    restriction = TimeRestriction(earliest=None, latest=None, catchup=False)
    return timetable.next_dagrun_info(last_automated_data_interval=interval, restriction=restriction).run_after.isoformat()

print(json.dumps({
    "first start at 01:45": next_run("2026-11-24T01:45:00Z"),
    "first start at 12:00": next_run("2026-11-24T12:00:00Z"),
    "back after three days": next_run("2026-11-24T12:00:00Z", "2026-11-21T01:30:00Z"),
    "retries": {task.task_id: task.retries for task in dag.tasks},
    "upstream": {task.task_id: sorted(task.upstream_task_ids) for task in dag.tasks},
}))
"""
ASK = (
    "import sys; sys.path.insert(0, sys.argv[1]); import shoplog_command; print(shoplog_command.any_lines(sys.argv[2]))"
)


def python(script: str, *arguments: str, **environment: str) -> str:
    kept = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{REPOSITORY / 'src'}:{REPOSITORY}", "TZ": "UTC"}
    command = [sys.executable, "-c", script, str(REPOSITORY / "dags"), *arguments]
    done = subprocess.run(command, env={**kept, **environment}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def dag(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(python(READ, AIRFLOW_HOME=str(tmp_path_factory.mktemp("airflow"))))
    return read


def test_a_first_start_waits_for_the_next_night(dag: dict[str, Any]) -> None:
    assert dag["first start at 01:45"] == dag["first start at 12:00"] == "2026-11-25T01:30:00+00:00"


def test_a_night_that_was_missed_is_made_up(dag: dict[str, Any]) -> None:
    assert dag["back after three days"] == "2026-11-24T01:30:00+00:00"


def test_every_step_is_tried_once_more_where_it_broke(dag: dict[str, Any]) -> None:
    """What a command found wrong or refused fails at once: that is `run`'s, see tests/dags/test_dags.py."""
    assert set(dag["retries"].values()) == {1}


def test_nothing_is_published_before_it_is_compared_and_accounted_for(dag: dict[str, Any]) -> None:
    assert dag["upstream"] == {
        "due": [],
        "recompute": ["due"],
        "close_ledger": ["recompute"],
        "reconcile": ["recompute"],
        "certify": ["close_ledger", "recompute", "reconcile"],
        "publish": ["certify", "recompute"],
    }


def test_a_home_is_empty_until_the_day_of_its_first_line(settings: Settings, tmp_path: Path) -> None:
    command = tmp_path / "shoplog"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m shoplog.cli "$@"\n')
    command.chmod(0o755)
    environment = {
        "SHOPLOG_COMMAND": str(command),
        "SHOPLOG_HOME": str(settings.home),
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
    }
    assert python(ASK, "2026-11-21", **environment) == "False"
    Bronze(settings).stream([(0, line(at(21, 12)))], at(21, 12))
    assert python(ASK, "2026-11-20", **environment) == "False"
    assert python(ASK, "2026-11-21", **environment) == "True"
    # Missing is failing: a later day without lines is not skipped, and `recompute` refuses it.
    assert python(ASK, "2026-11-22", **environment) == "True"
