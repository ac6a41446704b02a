"""Each night: yesterday (UTC) recomputed from every bronze row, compared with live, accounted for, then published."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Asset, Param, dag, get_current_context, task
from shoplog_command import DATE_PARAM_HELP, any_lines, day_of, every_night, run

PUBLISHED = Asset("published_day")
# Again only where a second try can end otherwise: a lease is free again, a killed Spark starts anew, the broker is back.
# The same rows compared twice differ twice.
AGAIN = {"retries": 1, "retry_delay": timedelta(minutes=2)}


@dag(
    schedule=every_night("30 1 * * *"),
    catchup=False,
    max_active_runs=1,
    params={"date": Param(None, type=["null", "string"], format="date", description=DATE_PARAM_HELP)},
    default_args={"owner": "data-engineering", "retries": 0},
    tags=["shoplog", "batch"],
    doc_md="""Recomputes one UTC day, reconciles it with the stream, closes its ledger and publishes it.
    A red `reconcile` or `close_ledger` means: the day is not published and stays provisional. Skipped means: no line of
    the day or before it ever came in. A day without lines after days with some is red. See docs/runbook.md.""",
)
def nightly() -> None:
    """Wire recompute, reconcile, ledger and publish of one day."""

    @task.short_circuit(**AGAIN)
    def has_lines() -> bool:
        return any_lines(day_of(get_current_context()))

    @task(**AGAIN)
    def recompute() -> None:
        run("recompute", "--date", day_of(get_current_context()))

    @task
    def reconcile() -> None:
        run("reconcile", "--date", day_of(get_current_context()))

    @task(**AGAIN)
    def close_ledger() -> None:
        run("ledger", "--close", "--date", day_of(get_current_context()))

    @task(outlets=[PUBLISHED], **AGAIN)
    def publish() -> None:
        run("publish", "--date", day_of(get_current_context()))

    has_lines() >> recompute() >> reconcile() >> close_ledger() >> publish()


nightly()
