"""What the parts do where each is a container of its own, without any container."""

from __future__ import annotations

import configparser
import json
import os
import time
from dataclasses import asdict
from pathlib import Path

import psutil
import pytest
from pydantic import SecretStr

from shoplog.commands import container
from shoplog.settings import Settings
from shoplog.stack import control, daemon, supervised
from shoplog.stack.airflow import airflow_environment
from shoplog.stack.control import StreamStatus
from shoplog.stack.health import is_healthy
from shoplog.stack.launch import pid_file


def said(settings: Settings, state: str, seconds_ago: float) -> None:
    settings.stream_dir.mkdir(parents=True, exist_ok=True)
    word = StreamStatus(state, pid=os.getpid(), updated_at=time.time() - seconds_ago)
    (settings.stream_dir / "status.json").write_text(json.dumps(asdict(word)))


@pytest.mark.parametrize(
    ("state", "seconds_ago", "alive"),
    [
        ("running", 1, True), ("running", 90, False), ("starting", 90, True), ("starting", 400, False),
        ("waiting", 9000, True), ("refused", 1, False), ("failed", 1, False),
    ],
)  # fmt: skip
def test_a_driver_is_alive_as_long_as_its_word_holds(
    settings: Settings, state: str, seconds_ago: float, alive: bool
) -> None:
    said(settings, state, seconds_ago)
    assert control.is_alive(settings) is alive


def test_a_part_is_healthy_while_its_process_runs_and_it_is_ready(settings: Settings) -> None:
    settings.run_dir.mkdir(parents=True)
    said(settings, "running", 1)
    assert not is_healthy(settings, "stream")
    written = {"pid": os.getpid(), "started": psutil.Process().create_time()}
    pid_file(settings, "stream").write_text(json.dumps(written))
    assert is_healthy(settings, "stream")
    said(settings, "refused", 1)
    assert not is_healthy(settings, "stream")
    said(settings, "running", 1)
    pid_file(settings, "stream").write_text(json.dumps({**written, "started": written["started"] - 60}))
    assert not is_healthy(settings, "stream")


def test_without_a_supervisor_those_are_asked_that_can_answer(settings: Settings) -> None:
    said(settings, "running", 1)
    apart = settings.model_copy(update={"supervised": False, "kafka_port": 9, "airflow_port": 9})
    assert {part.name: part.state for part in supervised.status(apart)} == {
        "kafka": "stopped", "stream": "running", "airflow-api-server": "stopped", "airflow-scheduler": "stopped",
        "airflow-dag-processor": "stopped", "airflow-triggerer": "stopped",
    }  # fmt: skip


def test_a_supervisor_of_one_part_starts_it_at_once_and_writes_where_the_engine_reads(settings: Settings) -> None:
    read = configparser.ConfigParser(interpolation=None)
    read.read_string(daemon.configuration(settings, alone="stream"))
    assert [section for section in read.sections() if section.startswith("program:")] == ["program:stream"]
    assert read["program:stream"]["autostart"] == "true"
    assert read["program:stream"]["stdout_logfile"] == "/dev/fd/1"


def test_airflow_takes_the_database_and_the_address_that_are_set(settings: Settings) -> None:
    url = "postgresql+psycopg://airflow:secret@database/airflow"
    elsewhere = {"airflow_database": SecretStr(url), "airflow_listen": "0.0.0.0", "airflow_host": "airflow-api-server"}
    made = airflow_environment(settings.model_copy(update=elsewhere))
    assert made["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == made["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC"] == url
    assert made["AIRFLOW__API__HOST"] == "0.0.0.0"
    assert made["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://airflow-api-server:18080/execution/"
    assert airflow_environment(settings)["AIRFLOW__API__HOST"] == "127.0.0.1"


def test_each_home_gets_the_secrets_that_it_needs_and_no_other(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container, "HOMES", tmp_path / "homes")
    monkeypatch.setenv("SHOPLOG_HOME", str(settings.home))
    monkeypatch.setenv("SHOPLOG_KAFKA_HOST", "kafka")
    container.prepare()
    found = {
        name: {path.name for path in (tmp_path / "homes" / name).rglob("*") if path.is_file()}
        for name in ("broker", "agent", "cluster", "database", "monitoring")
    }
    passwords = {"kafka_collector", "kafka_census", "kafka_stream", "kafka_monitor"}
    assert found["broker"] == passwords | {"kafka_ca.pem", "kafka_ca_key.pem", "kafka_server.pem"}
    assert found["agent"] == {"kafka_collector", "kafka_census", "kafka_ca.pem"}
    assert found["cluster"] == {"spark_cluster"}
    own = {path.name for path in settings.secrets_dir.iterdir()}
    assert {"kafka_stream", "kafka_monitor", "kafka_ca.pem", "spark_cluster", "airflow_database"} <= own
    assert not own & {"kafka_collector", "kafka_census", "kafka_ca_key.pem", "kafka_server.pem"}
    everything = [*(tmp_path / "homes").rglob("*"), *settings.secrets_dir.iterdir()]
    assert {path.stat().st_mode & 0o777 for path in everything if path.is_file()} == {0o600}
    assert control.read_orders(settings).desired == "running"


def test_preparing_again_changes_no_secret_and_gives_no_orders(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container, "HOMES", tmp_path / "homes")
    monkeypatch.setenv("SHOPLOG_HOME", str(settings.home))
    container.prepare()
    control.give_orders(settings, "drained")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".sqlite3"}
    container.prepare()
    assert {path: path.read_bytes() for path in before} == before
    assert control.read_orders(settings).desired == "drained"
