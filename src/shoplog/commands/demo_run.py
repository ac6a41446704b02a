"""What the demo does between the start and the scorecard: traffic with a kill in the middle, then the DAGs."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import Progress

from shoplog.errors import UserError
from shoplog.settings import Settings
from shoplog.sites import Site, load_sites
from shoplog.stack import control
from shoplog.stack.flume_kill import kill_between_notes

if TYPE_CHECKING:
    from shoplog.traffic import TrafficPlan

DAGS = {"stream_lifecycle", "nightly", "quality"}
# Of 100,000 lines: 2 % late, 0.5 % malformed, 0.1 % from the future, and what else a server writes.
DEFECTS = {
    "malformed": 250, "not_utf8": 60, "control_character": 60, "torn": 59, "truncated": 1, "bad_time": 40, "bad_status": 30,
    "future": 100, "late": 2_000, "hostile": 50, "repeated": 50,
}  # fmt: skip
# Every hundredth line is sent twice, as by an agent that was killed.
RESENT_EVERY = 100
# Seven minutes of work for 200,000 lines on two slow cores; more where these have other work beside it.
RUN_S = 1800
SAY = Console(stderr=True)


def plan_for(site: Site, lines: int, rate: float, seed: int) -> TrafficPlan:
    """Return traffic that ends one day before now and, where that is two hours or more, begins at that day's midnight."""
    from shoplog.traffic import TrafficPlan

    end = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    midnight = end.replace(hour=0, minute=0, second=0)
    start = midnight if end - midnight >= timedelta(hours=2) else end - timedelta(hours=2)
    defects = {kind: max(1, count * lines // 100_000) for kind, count in DEFECTS.items()}
    return TrafficPlan(site.name, site.log_dir, start, end, site.log_format, seed, lines, rate, defects)


def send(settings: Settings, plan: TrafficPlan) -> dict[str, Any]:
    """Write the traffic, kill Flume half-way, send lines twice, wait until every line is in gold; return the run's figures."""
    from shoplog.traffic import generate
    from shoplog.traffic.resend import resend

    kills: list[Future[int]] = []
    began = time.time()
    with ThreadPoolExecutor(1) as beside, Progress(console=SAY) as progress:
        task = progress.add_task("lines written", total=plan.lines)

        def written(lines: int) -> None:
            progress.update(task, completed=lines)
            if lines >= plan.lines // 2 and not kills:
                # Beside the writer, which must not wait for it.
                kills.append(beside.submit(kill_between_notes, settings))

        truth = generate(plan, written)
    for kill in kills:
        kill.result()
    wait_until_measured(settings)
    seconds = time.time() - began
    again = resend(settings, RESENT_EVERY)
    wait_until_measured(settings)
    refused = sum(truth.quarantined.values())
    return {
        "began": began, "bytes_written": truth.bytes_written, "lines_per_second": truth.lines_written / seconds,
        "copies_after_kill": again.copies,
        "truth": {
            "written": truth.lines_written, "accepted": truth.accepted, "late": truth.late,
            "malformed": refused - truth.quarantined["future"], "future": truth.quarantined["future"],
            "duplicates": again.copies + again.resent,
        },
    }  # fmt: skip


def wait_until_measured(settings: Settings, timeout_s: float = 300) -> None:
    """Return once nothing is in flight: the census has seen the files' end, Flume and the stream have caught up."""
    from shoplog.ledger.account import file_rows
    from shoplog.stack.census import take_census

    sites, deadline = load_sites(settings), time.monotonic() + timeout_s

    while True:
        size = {(row.site, row.file): row.lines for row in take_census(settings)}
        rows = file_rows(settings, sites)
        seen = {(row.site, row.file): row.written for row in rows}
        if all(seen.get(key) == lines for key, lines in size.items()) and not any(row.in_flight for row in rows):
            break
        if time.monotonic() > deadline:
            raise UserError(
                f"Lines are still in flight after {timeout_s:.0f} s: see 'shoplog ledger' and 'shoplog status'."
            )
        time.sleep(1)
    while control.read_status(settings).committed != _kafka_end(settings):
        if time.monotonic() > deadline:
            raise UserError("The stream has not measured everything: see 'shoplog stream status'.")
        time.sleep(0.3)


def _kafka_end(settings: Settings) -> dict[str, int]:
    from shoplog.io.kafka import topic_offsets

    return {str(partition): end for partition, end in topic_offsets(settings, settings.topic_raw)[1].items()}


def run_dags(settings: Settings, days: list[date]) -> tuple[str, str]:
    """Run the three DAGs in Airflow; return the worst state of the nightly and of the quality runs."""
    from shoplog.stack.airflow_api import AirflowClient

    airflow = AirflowClient(settings)
    airflow.wait_for_dags(DAGS)
    watch = airflow.trigger("stream_lifecycle", {"action": "ensure"})
    states: dict[str, str] = {}
    for dag_id in ("nightly", "quality"):
        for day in days:
            SAY.print(f"{dag_id} of {day} in Airflow")
            ended = airflow.wait_for_run(dag_id, airflow.trigger(dag_id, {"date": day.isoformat()}), RUN_S)
            states[dag_id] = ended if ended != "success" else states.get(dag_id, "success")
    lifecycle = airflow.wait_for_run("stream_lifecycle", watch, 120)
    if lifecycle != "success":
        raise UserError(f"The DAG stream_lifecycle ended {lifecycle}: see its log in Airflow.")
    return states["nightly"], states["quality"]
