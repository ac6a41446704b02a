"""docker-compose.yml for real (make compose-test): healthy, traffic with kills, drained, the nightly in Airflow, taken down."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.broker import wait_until
from shoplog.stack.airflow_api import AirflowClient
from tests.compose.composed import Composed
from tests.compose.report import write_report

pytestmark = [pytest.mark.compose, pytest.mark.timeout(3600)]
LINES, RATE = 60_000, 2_000
HEALTHY_S = 300
TIMES: dict[str, float] = {}
FACTS: dict[str, Any] = {}
KILL = (
    "from shoplog.settings import Settings; from shoplog.stack.flume_kill import kill_between_notes; "
    "kill_between_notes(Settings.load())"
)
EXECUTORS = (
    "import psutil; print(*[p.pid for p in psutil.process_iter(['cmdline']) "
    "if 'org.apache.spark.executor.CoarseGrainedExecutorBackend' in (p.info['cmdline'] or ())])"
)


@pytest.fixture(scope="module")
def composed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composed]:
    made, enough = Composed(tmp_path_factory.mktemp("compose")), threading.Event()
    with _timed("images built"):
        made.do("--profile", "monitoring", "build", "prepare", "database", "prometheus")
    memory = threading.Thread(target=made.watch_memory, args=(enough,), daemon=True)
    try:
        with _timed("started and healthy"):
            made.do("up", "--detach")
            made.wait_healthy(HEALTHY_S)
        memory.start()
        yield made
    finally:
        enough.set()
        logs = os.environ.get("COMPOSE_LOGS")
        if logs:
            Path(logs).write_text(made.compose("logs", "--no-color").stdout)
        volumes = made.volumes()
        with _timed("taken down"):
            made.do("--profile", "*", "down", "--volumes", "--timeout", "30")
        assert not any(made.left(volumes).values())
    if "COMPOSE_REPORT" in os.environ and not request.session.testsfailed:
        write_report(Path(os.environ["COMPOSE_REPORT"]), TIMES, FACTS, made.peak_mb)


class _timed:
    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        self._began = time.monotonic()

    def __exit__(self, *_: object) -> None:
        TIMES[self._what] = time.monotonic() - self._began


def test_it_was_healthy_in_five_minutes(composed: Composed) -> None:
    assert TIMES["started and healthy"] <= HEALTHY_S


def test_ports_are_published_on_loopback_alone_and_nobody_has_the_engines_socket(composed: Composed) -> None:
    published = {
        (binding["HostIp"], int(binding["HostPort"]))
        for one in composed.containers()
        for bindings in (one["NetworkSettings"]["Ports"] or {}).values()
        for binding in bindings or ()
    }
    assert published == {("127.0.0.1", port) for port in composed.ports.values()}
    for one in composed.containers():
        assert not [mount for mount in one["Mounts"] if mount["Source"].endswith(".sock")], one["Name"]
        assert one["Config"]["User"] == "10001:10001"
        assert not one["HostConfig"]["Privileged"]


def test_every_line_is_accounted_for_after_kills_of_an_agent_and_an_executor(composed: Composed) -> None:
    defects = ["--defect", "malformed=30", "--defect", "not_utf8=10", "--defect", "repeated=20", "--defect", "late=10"]
    with _timed(f"{LINES:,} lines sent and accounted for"):
        traffic = composed.started(
            "traffic", "--lines", str(LINES), "--rate", str(RATE), "--hours", "1", "--json", *defects
        )
        wait_until(lambda: _landed(composed) > LINES // 10, "no line arrives")
        _kill_the_agent(composed)
        _kill_an_executor(composed)
        out, _ = traffic.communicate(timeout=300)
        truth = json.loads(out.splitlines()[-1])
        files = composed.wait_for_residue_0(truth["lines_written"])
    assert sum(file["written"] for file in files) == truth["lines_written"] == LINES
    assert sum(file["accepted"] for file in files) == truth["accepted"]
    FACTS["copies after the agent's kill"] = sum(file["duplicates"] for file in files)
    assert FACTS["copies after the agent's kill"] > 0, "the agent's kill did not bite"
    found = composed.rows("select status, sum(1) n from silver_request_live group by 1")
    assert {str(row["status"]): row["n"] for row in found} == truth["by_status"]
    refused = composed.rows("select reason, count(*) n from quarantine_access_log_live group by 1")
    assert {row["reason"]: row["n"] for row in refused} == truth["quarantined"]


def _landed(composed: Composed) -> int:
    said = json.loads(composed.good("stream", "status", "--json").splitlines()[-1])
    return sum(said["committed"].values())


def _kill_the_agent(composed: Composed) -> None:
    (before,) = composed.of("flume")
    try:
        composed.inside(before["Id"], KILL)
    except subprocess.CalledProcessError as ended:
        # The container ends with its agent, and this Python with the container.
        assert ended.returncode == 128 + signal.SIGKILL, ended.stderr
    wait_until(lambda: composed.of("flume")[0]["RestartCount"] == before["RestartCount"] + 1, "the agent did not die")


def _kill_an_executor(composed: Composed) -> None:
    worker = composed.of("spark-worker")[0]["Id"]
    (before,) = composed.inside(worker, EXECUTORS).split()
    composed.inside(worker, f"import os; os.kill({before}, 9)")
    wait_until(
        lambda: composed.inside(worker, EXECUTORS) not in ("", before),
        "no executor came in the place of the killed one",
    )
    FACTS["executor"] = "killed, another came in its place"


def test_airflow_drains_the_stream_runs_the_nightly_to_green_and_starts_the_stream_again(composed: Composed) -> None:
    airflow = AirflowClient(composed.settings)
    airflow.wait_for_dags({"stream_lifecycle", "nightly"})
    with _timed("drained by Airflow"):
        assert _ended(airflow, "stream_lifecycle", {"action": "drain"}) == "success"
    said = json.loads(composed.good("stream", "status", "--json").splitlines()[-1])
    assert said["state"] in ("stopped", "waiting")
    days = [row["d"] for row in composed.rows("select distinct event_date d from silver_request_live order by 1")]
    for day in days:
        with _timed(f"nightly of day {days.index(day) + 1} in Airflow"):
            assert _ended(airflow, "nightly", {"date": day}) == "success"
    verdicts = composed.rows("select verdict, unexplained_figures u from certificate")
    assert [(row["verdict"], row["u"]) for row in verdicts] == [("equal", 0)] * len(days)
    assert {row["status"] for row in composed.rows("select distinct status from gold_traffic_1m_now")} == {"final"}
    assert _ended(airflow, "stream_lifecycle", {"action": "start"}) == "success"


def _ended(airflow: AirflowClient, dag: str, conf: dict[str, str]) -> str:
    return airflow.wait_for_run(dag, airflow.trigger(dag, conf), 1800)


def test_a_person_is_erased_from_tables_and_from_kafka(composed: Composed) -> None:
    line = composed.do("exec", "-T", "flume", "sh", "-c", "head -qn1 /var/lib/shoplog/sites/shop/logs/*.log | head -n1")
    with _timed("a person erased"):
        refused = composed.run("erase", "--ip", line.split()[0])
        assert (refused.returncode, "broker" in refused.stderr) == (2, True)
        said = json.loads(composed.do("run", "--rm", "-T", "erase", "--ip", line.split()[0], "--json").splitlines()[-1])
    assert said["lines"] > 0
    assert not said["left"]
    rows = [json.loads(row) for row in composed.good("ledger", "--json").splitlines()]
    assert sum(row["erased"] for row in rows if "file" in row) == said["lines"]
    assert not any(row["residue"] for row in rows)


def test_prometheus_sees_every_part_that_can_be_asked(composed: Composed) -> None:
    composed.do("--profile", "monitoring", "up", "--detach", "prometheus")

    def asked(query: str) -> str:
        return composed.do("exec", "-T", "prometheus", "promtool", "query", "instant", "http://127.0.0.1:9090", query)

    wait_until(lambda: "=> 1 " in asked('up{job="shoplog"}'), "Prometheus does not reach the pages")
    parts = asked("shoplog_part_up == 1")
    for part in (
        "kafka",
        "stream",
        "airflow-api-server",
        "airflow-scheduler",
        "airflow-dag-processor",
        "airflow-triggerer",
    ):
        assert f'part="{part}"' in parts
    assert "part=" not in asked("shoplog_part_up == 0")
    assert "source=" not in asked("shoplog_source_failed == 1")
