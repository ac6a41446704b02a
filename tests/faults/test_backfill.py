"""A week again, by Airflow's own backfill: killed in the middle, asked for again, and green with every day certified."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import psutil
import pytest

from shoplog.settings import Settings
from shoplog.stack.airflow_api import AirflowClient
from tests.chain import Shoplog

pytestmark = [pytest.mark.faults, pytest.mark.timeout(9000)]
DAYS = 7
LINES = 200
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
LINE = f'203.0.113.{{address}} - - [{{at}}] "GET /p/{{n}} HTTP/1.1" 200 10 "-" "{AGENT}"'
SHOWN = """select window_start::date::varchar d, sum(requests)::bigint n, max(status) s from gold_traffic_1m_now
group by 1 order by 1"""


def week() -> list[date]:
    today = datetime.now(UTC).date()
    return [today - timedelta(days=n) for n in range(DAYS + 1, 1, -1)]


@pytest.fixture(scope="module")
def shoplog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shoplog]:
    made = Shoplog(tmp_path_factory.mktemp("backfill") / "home")
    try:
        made.good("up")
        logs = made.home / "sites/shop/logs"
        logs.mkdir(parents=True, exist_ok=True)
        for day in week():
            lines = [
                LINE.format(address=n % 50, at=f"{day:%d/%b/%Y}:10:{n // 60:02d}:{n % 60:02d} +0000", n=n)
                for n in range(LINES)
            ]
            (logs / f"access-{day:%Y%m%d}-10.log").write_text("\n".join(lines) + "\n")
        made.wait_for_residue_0(DAYS * LINES)
        yield made
    finally:
        made.good("down")


def client(shoplog: Shoplog) -> AirflowClient:
    port = int(shoplog.environment["SHOPLOG_AIRFLOW_PORT"])
    return AirflowClient(Settings(home=shoplog.home, airflow_port=port))


def backfilled(airflow: AirflowClient) -> dict[str, str]:
    """The state of each backfill run by its night."""
    runs = airflow.get("/dags/nightly/dagRuns?limit=100")["dag_runs"]
    return {run["logical_date"][:10]: run["state"] for run in runs if run["run_type"] == "backfill"}


def wait_until_ended(airflow: AirflowClient, timeout_s: float = 3600) -> dict[str, str]:
    deadline = time.monotonic() + timeout_s
    while True:
        states = backfilled(airflow)
        if len(states) == DAYS and set(states.values()) <= {"success", "failed"}:
            return states
        assert time.monotonic() < deadline, f"not ended: {states}"
        time.sleep(3)


def kill_a(command: str, home: str, timeout_s: float = 1800) -> None:
    """Kill the whole tree of the running `shoplog COMMAND` of this home, as a machine does that runs out of memory."""
    deadline = time.monotonic() + timeout_s
    while True:
        for process in psutil.process_iter(["cmdline", "environ"]):
            words = process.info["cmdline"] or []
            if (
                command in words
                and "shoplog.cli" in words
                and (process.info["environ"] or {}).get("SHOPLOG_HOME") == home
            ):
                tree = [process, *process.children(recursive=True)]
                for one in reversed(tree):
                    os.kill(one.pid, signal.SIGKILL)
                return
        assert time.monotonic() < deadline, f"no {command} ran: the fault did not bite"
        time.sleep(0.2)


def test_a_week_is_done_again_after_a_kill_in_the_middle(shoplog: Shoplog) -> None:
    airflow = client(shoplog)
    airflow.wait_for_dags({"nightly"})
    # A night does the day before it.
    first, last = week()[0] + timedelta(days=1), week()[-1] + timedelta(days=2)
    asked = (
        "airflow",
        "--",
        "backfill",
        "create",
        "--dag-id",
        "nightly",
        "--from-date",
        str(first),
        "--to-date",
        str(last),
    )
    shoplog.good(*asked)
    # The task is tried again by itself; what the killed one left half-done is replaced.
    kill_a("reconcile", str(shoplog.home))
    assert set(wait_until_ended(airflow).values()) == {"success"}
    # And once more, by hand, a night that is done.
    again = [*asked[:-1], str(first + timedelta(days=1)), "--reprocess-behavior", "completed"]
    shoplog.good(*again)
    time.sleep(5)
    assert set(wait_until_ended(airflow).values()) == {"success"}
    days = [str(day) for day in week()]
    certified = shoplog.rows("select day, verdict, unexplained_figures from certificate order by day")
    assert [(row["day"], row["verdict"], row["unexplained_figures"]) for row in certified] == [
        (day, "equal", 0) for day in days
    ]
    shown = shoplog.rows(SHOWN)
    assert [(row["d"], row["n"], row["s"]) for row in shown] == [(day, LINES, "final") for day in days]
