from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shoplog.contracts.pools import WAREHOUSE_POOL
from shoplog.settings import REPOSITORY

DAGS = REPOSITORY / "dags"
SCHEDULES = {
    "stream_lifecycle": "*/10 * * * *",
    "nightly": "30 1 * * *",
    "quality": "20 * * * *",
    "maintenance": "30 3 * * *",
    "nightly_watch": "0 5 * * *",
    "backfill": None,
    "rehearse": None,
}
READ = """
import importlib, json, sys
sys.path.insert(0, sys.argv[1])
from airflow.sdk import DAG
found = {}
for name in sys.argv[2:]:
    module = importlib.import_module(name)
    (dag,) = {id(d): d for d in (getattr(module, name)(),)}.values()
    heavy = {"pyspark", "great_expectations", "polars", "duckdb"} & set(sys.modules)
    found[name] = {
        "id": dag.dag_id, "doc": dag.doc_md, "runs": dag.max_active_runs, "catchup": dag.catchup, "heavy": sorted(heavy),
        "schedule": getattr(dag.timetable, "expression", None) or getattr(dag.timetable, "_expression", None),
        "params": {key: dag.params.get_param(key).schema for key in dag.params},
        "pools": {task.task_id: task.pool for task in dag.tasks},
    }
print(json.dumps(found))
"""
# What Airflow's own backfill would run, and the day each of its runs recomputes.
BACKFILL = """
import json, sys
from datetime import datetime, timezone
from types import SimpleNamespace
sys.path.insert(0, sys.argv[1])
import nightly
from airflow.models.backfill import _get_info_list
from airflow.serialization.serialized_objects import DagSerialization
from shoplog_command import day_of

dag = DagSerialization.from_dict(json.loads(json.dumps(DagSerialization.to_dict(nightly.nightly()))))
first, last = (datetime.fromisoformat(text).replace(tzinfo=timezone.utc) for text in sys.argv[2:])
infos = _get_info_list(from_date=first, to_date=last, reverse=False, dag=dag)
runs = [SimpleNamespace(logical_date=info.logical_date, run_after=info.run_after) for info in infos]
print(json.dumps([day_of({"params": {}, "dag_run": run}) for run in runs]))
"""
ENDS = """
import sys
sys.path.insert(0, sys.argv[1])
from shoplog_command import run
try:
    run("anything")
    print("well")
except Exception as error:
    print(type(error).__name__)
"""
PLAN = """
import json, sys
sys.path.insert(0, sys.argv[1])
from shoplog_published import figures_of, planned
try:
    plan = planned(sys.argv[2], sys.argv[3])
    print(json.dumps([plan, figures_of(plan["published"])]))
except Exception as error:
    print(json.dumps(f"{type(error).__name__}: {error}"))
"""
PUBLISHED = {"published_at": "2026-01-13", "requests": 7, "bronze_version": 4, "table_versions": {"t": 9}}
NOT = dict.fromkeys(PUBLISHED)
ROWS = [
    {"site": "a", "day": "2026-01-12", "status": "final", **PUBLISHED},
    {"site": "b", "day": "2026-01-12", "status": "provisional", **NOT},
    {"site": "a", "day": "2026-01-14", "status": "provisional", **NOT},
]


def python(script: str, home: Path, *arguments: str, command: str = "") -> Any:
    kept = {"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY / "src"), "TZ": "UTC"}
    environment = {**kept, "AIRFLOW_HOME": str(home / "airflow")}
    if command:
        shoplog = home / "shoplog"
        shoplog.write_text(f"#!/bin/sh\n{command}\n")
        shoplog.chmod(0o755)
        environment["SHOPLOG_COMMAND"] = str(shoplog)
    done = subprocess.run(
        [sys.executable, "-c", script, str(DAGS), *arguments], env=environment, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def dags(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(python(READ, tmp_path_factory.mktemp("airflow"), *SCHEDULES))
    return read


def test_every_dag_is_known_here() -> None:
    files = {path.stem for path in DAGS.glob("*.py") if not path.stem.startswith("shoplog_")}
    assert files == SCHEDULES.keys()


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_dag_is_documented_light_and_never_runs_twice_at_once(dags: dict[str, Any], name: str) -> None:
    dag = dags[name]
    assert dag["id"] == name
    assert len(dag["doc"]) > 100
    assert (dag["runs"], dag["catchup"], dag["heavy"]) == (1, False, [])
    assert len((DAGS / f"{name}.py").read_text().splitlines()) < 80


def test_dags_run_when_the_docs_say(dags: dict[str, Any]) -> None:
    assert {name: dag["schedule"] for name, dag in dags.items()} == SCHEDULES


def test_tasks_that_write_batch_tables_share_one_slot(dags: dict[str, Any]) -> None:
    in_pool = {
        (name, task) for name, dag in dags.items() for task, pool in dag["pools"].items() if pool == WAREHOUSE_POOL
    }
    writers = {("maintenance", "maintain"), ("quality", "compare"), ("quality", "check")}
    steps = ("recompute", "reconcile", "close_ledger", "certify", "publish")
    writers |= {("backfill", step) for step in steps}
    writers |= {("nightly", step) for step in steps if step in dags["nightly"]["pools"]}
    assert writers <= in_pool
    # A person may let it wait for a day.
    assert ("backfill", "approve") not in in_pool


def test_days_are_asked_for_as_days(dags: dict[str, Any]) -> None:
    formats = {
        f"{name} {param}": schema.get("format") for name, dag in dags.items() for param, schema in dag["params"].items()
    }
    asked = {name: of for name, of in formats.items() if name not in ("stream_lifecycle action", "rehearse rules")}
    assert asked.keys() >= {"backfill from", "backfill to", "rehearse date", "nightly date", "quality date"}
    assert set(asked.values()) == {"date"}


def test_a_backfill_of_nights_recomputes_the_days_before_them(tmp_path: Path) -> None:
    """`--from-date` and `--to-date` name nights: each does the day before; the last night counts from its hour on."""
    days = json.loads(python(BACKFILL, tmp_path, "2026-11-02", "2026-11-09"))
    assert days == [f"2026-11-{day:02}" for day in range(1, 8)]
    assert json.loads(python(BACKFILL, tmp_path, "2026-11-02T01:30", "2026-11-02T01:30")) == ["2026-11-01"]


@pytest.mark.parametrize(
    ("exit_code", "ends"),
    [(0, "well"), (1, "AirflowFailException"), (2, "AirflowFailException"), (3, "CalledProcessError")],
)
def test_only_what_may_end_otherwise_is_tried_again(tmp_path: Path, exit_code: int, ends: str) -> None:
    assert python(ENDS, tmp_path, command=f"exit {exit_code}") == ends


def test_a_killed_command_is_tried_again(tmp_path: Path) -> None:
    assert python(ENDS, tmp_path, command="kill -9 $$") == "CalledProcessError"


def test_a_backfill_does_days_with_lines_and_names_those_that_were_published(tmp_path: Path) -> None:
    (tmp_path / "rows").write_text("\n".join(json.dumps(row) for row in ROWS))
    plan, figures = json.loads(
        python(PLAN, tmp_path, "2026-01-10", "2026-01-14", command=f"cat {tmp_path / 'rows'}; exit 1")
    )
    assert (plan["days"], plan["published"]) == (["2026-01-12", "2026-01-14"], ["2026-01-12"])
    assert "a 2026-01-12, published 2026-01-13 (7 requests)" in plan["question"]
    assert "2026-01-14" not in plan["question"]
    assert figures["a 2026-01-12"] == {"requests": 7, "bronze_version": 4, "table_versions": {"t": 9}}


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2026-01-14", "2026-01-12", "swap them"),
        ("2026-01-14", "2999-01-01", "is not over"),
        ("2026-01-01", "2026-01-02", "No line of 2026-01-01 to 2026-01-02"),
    ],
)
def test_wrong_days_of_a_backfill_fail_at_once(tmp_path: Path, first: str, last: str, words: str) -> None:
    said = json.loads(python(PLAN, tmp_path, first, last, command="exit 0"))
    assert said.startswith("AirflowFailException: ")
    assert words in said


def test_a_backfill_whose_question_broke_is_not_taken_for_one_without_lines(tmp_path: Path) -> None:
    said = json.loads(python(PLAN, tmp_path, "2026-01-01", "2026-01-02", command="exit 2"))
    assert said.startswith("CalledProcessError")
