"""Writes the stream's desired state and watches; the supervised driver carries it out and outlives this task."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Param, dag, get_current_context, task
from shoplog_command import run


@dag(
    schedule="*/10 * * * *",
    catchup=False,
    max_active_runs=1,
    params={"action": Param("ensure", enum=["ensure", "start", "stop", "drain", "restart"], description="What to do.")},
    default_args={"owner": "data-engineering", "retries": 1, "retry_delay": timedelta(seconds=30)},
    tags=["shoplog", "stream"],
    doc_md="""`ensure` (every ten minutes) is red when the stream is not in its desired state. The other actions are
    started by hand. A retried task can never start a second driver: it only writes the desired state again.""",
)
def stream_lifecycle() -> None:
    """Wire one action and the watch after it."""

    # Asked again, `restart` would end the new driver too.
    @task(retries=0)
    def act() -> None:
        run("stream", str(get_current_context()["params"]["action"]))

    @task
    def watch() -> None:
        run("stream", "status", "--wait")

    act() >> watch()


stream_lifecycle()
