from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

DAGS = Path(__file__).parents[2] / "dags"
NAMES = ("stream_lifecycle", "nightly", "quality")

READ = """
import importlib, sys
sys.path.insert(0, sys.argv[1])
from airflow.sdk import DAG
module = importlib.import_module(sys.argv[2])
heavy = {"pyspark", "great_expectations", "polars", "duckdb"} & set(sys.modules)
assert not heavy, heavy
"""


@pytest.mark.parametrize("name", NAMES)
def test_a_dag_imports_without_a_heavy_package(name: str, tmp_path: Path) -> None:
    environment = {"AIRFLOW_HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(DAGS)}
    done = subprocess.run(
        [sys.executable, "-c", READ, str(DAGS), name], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize("name", NAMES)
def test_a_dag_is_documented_and_never_runs_twice_at_once(name: str) -> None:
    source = (DAGS / f"{name}.py").read_text()
    assert "doc_md=" in source
    assert "max_active_runs=1" in source
    assert "catchup=False" in source
    assert f"\n{name}()\n" in source
