from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.metadata import distribution
from pathlib import Path

import httpx
import psutil
import pytest

from bench.ports import free_ports
from shoplog.contracts.pools import WAREHOUSE_POOL
from shoplog.settings import REPOSITORY, Settings
from shoplog.stack.airflow import USER, airflow_command, airflow_environment, password, prepare_airflow
from shoplog.stack.airflow_api import AirflowClient, wait_healthy
from tests.chain import listening
from tests.dashboard.browser import chromium, needs_chromium, watched
from tests.dashboard.quality_tables import parity, right_day, write

pytestmark = pytest.mark.e2e
RUN = "20261127T120000Z-abcd"
PROGRAMS = ("api-server", "scheduler", "dag-processor", "triggerer")
DAGS = {"stream_lifecycle", "nightly", "quality", "maintenance", "nightly_watch", "backfill", "rehearse"}
# Writes down what it was called with. The days of the backfill: one published, one not, one without lines.
FAKE = """#!/bin/sh
echo "$*" >> "$(dirname "$0")/calls"
[ "$1" = due ] && printf '{"day": "%s"}\\n' "$3" && exit 0
case "$*" in
"published "*)
    echo '{"site": "shop", "day": "2026-01-12", "status": "final", "requests": 7, "published_at": "2026-01-13 02:00:00"}' \
        | sed 's/}/, "bronze_version": 4, "table_versions": {"silver_request": 9}}/'
    echo '{"site": "shop", "day": "2026-01-14", "status": "provisional"}' \
        | sed 's/}/, "requests": null, "published_at": null, "bronze_version": null, "table_versions": null}/'
    exit 1;;
"quality "*2026-01-13*) exit 1;;
esac
"""


def tree(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    parent = psutil.Process(process.pid)
    return [parent, *parent.children(recursive=True)]


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, list[subprocess.Popen[bytes]]]]:
    home = tmp_path_factory.mktemp("airflow")
    settings = Settings(home=home / "home", host="web1", **free_ports(["airflow_port"]))
    fake = home / "shoplog"
    fake.write_text(FAKE)
    fake.chmod(0o755)
    prepare_airflow(settings)
    with pytest.MonkeyPatch.context() as of_the_run:
        of_the_run.setenv("SHOPLOG_RUN", RUN)
        environment = {**os.environ, **airflow_environment(settings)}
    environment |= {
        "SHOPLOG_COMMAND": str(fake),
        "SHOPLOG_HOME": str(settings.home),
        "PYTHONPATH": f"{REPOSITORY / 'src'}{os.pathsep}{REPOSITORY}",
        "TZ": "UTC",
    }
    settings.log_dir.mkdir(parents=True)
    parts: list[subprocess.Popen[bytes]] = []
    with ExitStack() as logs:
        try:
            for program in PROGRAMS:
                log = logs.enter_context((settings.log_dir / f"{program}.log").open("wb"))
                command = airflow_command(program)
                parts.append(
                    subprocess.Popen(
                        command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=home
                    )
                )
            wait_healthy(settings, 180)
            yield settings, parts
        finally:
            # Children are noted first: once a parent is gone they are no longer known as its own.
            started = [process for part in parts if part.poll() is None for process in tree(part)]
            for part in parts:
                part.terminate()
            for process in psutil.wait_procs(started, timeout=20)[1]:
                process.kill()
            for part in parts:
                part.wait(20)


@pytest.fixture(scope="module")
def client(airflow: tuple[Settings, list[subprocess.Popen[bytes]]]) -> AirflowClient:
    client = AirflowClient(airflow[0])
    client.wait_for_dags(DAGS)
    return client


def test_the_dags_are_listed_without_import_errors(client: AirflowClient) -> None:
    assert client.dags() == DAGS
    assert client.import_errors() == []


def test_nothing_is_answered_without_a_login(airflow: tuple[Settings, list[subprocess.Popen[bytes]]]) -> None:
    base = f"http://127.0.0.1:{airflow[0].airflow_port}"
    # The API of the tasks describes itself by its versions' dates, the newest of which is a module's name.
    folder = distribution("apache-airflow-core").locate_file("airflow/api_fastapi/execution_api/versions")
    newest = max(path.stem for path in Path(str(folder)).glob("v2*.py")).strip("v").replace("_", "-")
    answered, asked = set(), 0
    with httpx.Client(base_url=base, timeout=120) as stranger:
        for app, version in (("", None), ("/auth", None), ("/execution", newest)):
            described = stranger.get(f"{app}/openapi.json", params={"version": version} if version else {}).json()
            for path, methods in described["paths"].items():
                for method in methods:
                    body = {} if method in ("post", "put", "patch") else None
                    answer = stranger.request(method, re.sub(r"{.*?}", "x", f"{app}{path}"), json=body)
                    asked += 1
                    answered |= {f"{method} {app}{path}"} if answer.is_success else set()
    assert asked > 150
    assert answered == {
        "get /api/v2/monitor/health",
        "get /api/v2/version",
        "get /execution/health",
        "get /execution/health/ping",
    }
    login = {"username": "admin", "password": "admin"}
    assert httpx.post(f"{base}/auth/token", json=login).status_code == 401


def test_only_the_api_listens_and_only_on_loopback(airflow: tuple[Settings, list[subprocess.Popen[bytes]]]) -> None:
    settings, parts = airflow
    assert all(part.poll() is None for part in parts)
    assert set().union(*(listening(part.pid) for part in parts)) == {("127.0.0.1", settings.airflow_port)}


def test_secrets_are_read_by_their_owner_only(airflow: tuple[Settings, list[subprocess.Popen[bytes]]]) -> None:
    folder = airflow[0].secrets_dir
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert all(path.stat().st_size >= 20 for path in folder.iterdir())


@pytest.mark.parametrize(("day", "state"), [("2026-01-12", "success"), ("2026-01-13", "failed")])
def test_the_exit_code_of_the_command_decides_the_task(client: AirflowClient, day: str, state: str) -> None:
    run_id = client.trigger("quality", {"date": day}, f"test-{day}")
    assert run_id == f"test-{day}"
    assert client.wait_for_run("quality", run_id, 120) == state
    assert client.task_states("quality", run_id) == {
        "ledger": "skipped", "has_lines": "success", "compare": "success", "check": state,
    }  # fmt: skip


def test_each_program_and_each_task_says_of_which_run_it_is(
    airflow: tuple[Settings, list[subprocess.Popen[bytes]]], client: AirflowClient
) -> None:
    settings = airflow[0]
    assert client.dags()
    for program in PROGRAMS:
        assert f" run={RUN} " in (settings.log_dir / f"{program}.log").read_text(), program
    tasks = (settings.airflow_home / "logs/dag_id=quality").rglob("*.log")
    assert any(f"run={RUN} shoplog " in task.read_text() for task in tasks)


def test_a_date_that_is_none_never_reaches_a_command(client: AirflowClient) -> None:
    with pytest.raises(httpx.HTTPStatusError):
        client.trigger("quality", {"date": "2026-01-12; touch x"})


def calls(airflow: tuple[Settings, list[subprocess.Popen[bytes]]], words: str) -> list[str]:
    made = (airflow[0].home.parent / "calls").read_text().splitlines()
    return [call for call in made if words in call]


def wait_until_asked(client: AirflowClient, settings: Settings, run_id: str) -> None:
    """Return once `approve` waits and the scheduler has seen it pause.

    An answer in the second between the two makes Airflow 3.3.2 take the pause for the end of a task that is queued again.
    """
    paused = f"TaskInstance Finished: dag_id=backfill, task_id=approve, run_id={run_id},"
    deadline = time.monotonic() + 120
    while (
        client.task_states("backfill", run_id).get("approve") != "awaiting_input"
        or paused not in (settings.log_dir / "scheduler.log").read_text()
    ):
        assert time.monotonic() < deadline, client.task_states("backfill", run_id)
        time.sleep(0.5)


def test_tasks_that_write_batch_tables_wait_for_one_slot(client: AirflowClient) -> None:
    assert client.get(f"/pools/{WAREHOUSE_POOL}")["slots"] == 1


def test_maintenance_runs_in_that_pool(
    client: AirflowClient, airflow: tuple[Settings, list[subprocess.Popen[bytes]]]
) -> None:
    run_id = client.trigger("maintenance", {}, "test-maintenance")
    assert client.wait_for_run("maintenance", run_id, 120) == "success"
    assert calls(airflow, "maintain") == ["maintain"]


@pytest.mark.parametrize(("option", "ends"), [("Approve", "success"), ("Reject", "skipped")])
def test_published_days_are_rewritten_only_after_a_person_approved(
    client: AirflowClient, airflow: tuple[Settings, list[subprocess.Popen[bytes]]], option: str, ends: str
) -> None:
    asked, of_days = "published --date 2026-01-12 --to 2026-01-14 --json", "--date 2026-01-12 --date 2026-01-14"
    before = {words: len(calls(airflow, words)) for words in (asked, of_days)}
    run_id = client.trigger("backfill", {"from": "2026-01-12", "to": "2026-01-14"}, f"test-{option}")
    wait_until_asked(client, airflow[0], run_id)
    assert len(calls(airflow, asked)) == before[asked] + 1
    assert len(calls(airflow, of_days)) == before[of_days]
    client.respond("backfill", run_id, "approve", option)
    assert client.wait_for_run("backfill", run_id, 180) == "success"
    steps = ("recompute", "close_ledger", "reconcile", "certify", "publish")
    assert {client.task_states("backfill", run_id)[step] for step in steps} == {ends}
    done = {call.removesuffix(f" {of_days}") for call in calls(airflow, of_days)[before[of_days] :]}
    commands = {"recompute", "ledger --close", "reconcile", "certificate", "publish"}
    assert done == (commands if option == "Approve" else set())
    if option == "Approve":
        (event,) = [e for e in client.get("/assets/events")["asset_events"] if e["source_run_id"] == run_id]
        published = event["extra"]["shop 2026-01-12"]
        assert published == {"requests": 7, "bronze_version": 4, "table_versions": {"silver_request": 9}}


def test_a_backfill_without_days_is_refused_by_its_form(client: AirflowClient) -> None:
    with pytest.raises(httpx.HTTPStatusError):
        client.trigger("backfill", {"from": "2026-01-12"})


@pytest.mark.parametrize(
    "path", ["", "2026-11-20", "style.css", "api/v1/quality", "api/v1/quality/2026-11-20", "no-day"]
)
def test_the_quality_page_tells_nothing_without_a_login(
    airflow: tuple[Settings, list[subprocess.Popen[bytes]]], path: str
) -> None:
    url = f"http://127.0.0.1:{airflow[0].airflow_port}/shoplog-quality/{path}"
    # The first request makes the application.
    assert httpx.get(url, timeout=120).status_code == 401
    assert httpx.get(url, headers={"Authorization": "Bearer x.y.z"}).status_code == 403
    asked = httpx.get(url, headers={"Accept": "text/html"})
    assert asked.status_code == 307
    assert "/auth/login?next=" in asked.headers["location"]


@needs_chromium
def test_the_quality_page_opens_in_a_browser_through_airflows_login(
    airflow: tuple[Settings, list[subprocess.Popen[bytes]]],
) -> None:
    settings = airflow[0]
    right_day(settings, quality_result={"success": False})
    write(settings, "gold_parity", parity(dimension="<script>alert(1)</script>"))
    with chromium() as browser, watched(browser) as seen:
        page = seen.page
        page.goto(f"http://127.0.0.1:{settings.airflow_port}/shoplog-quality/2026-11-20")
        page.locator("input[name=username]").fill(USER)
        page.locator("input[name=password]").fill(password(settings))
        page.keyboard.press("Enter")
        page.locator("h2", has_text="Quality checks that failed").wait_for()
        page.goto(f"http://127.0.0.1:{settings.airflow_port}/")
        page.get_by_role("link", name="Quality").click()
        framed = page.frame_locator("iframe[title=Quality]")
        framed.get_by_role("link", name="2026-11-20").click()
        framed.locator("td", has_text="<script>alert(1)</script>").wait_for()
        assert "1 of 1 quality checks failed (critical)" in framed.locator("main").inner_text()
        colour = framed.locator(".light.red").first.evaluate("light => getComputedStyle(light).color")
        assert colour != "rgb(0, 0, 0)"
        # Airflow's own sandbox is what its browser warns of.
        assert [text for text in seen.complaints if "sandbox" not in text] == []
        assert (seen.dialogs, seen.hosts) == ([], {"127.0.0.1"})
