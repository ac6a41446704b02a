"""Each night after the nightly: Great Expectations on the day's ledger, parity and tables; a failed check is red here."""

from __future__ import annotations

from airflow.sdk import Param, dag, get_current_context, task
from shoplog_command import DATE_PARAM_HELP, any_lines, day_of, every_night, run


@dag(
    schedule=every_night("0 2 * * *"),
    catchup=False,
    max_active_runs=1,
    params={"date": Param(None, type=["null", "string"], format="date", description=DATE_PARAM_HELP)},
    default_args={"owner": "on-call", "retries": 0},
    tags=["shoplog", "quality"],
    doc_md="""Checks one UTC day and writes Data Docs and `quality_result`. Red means that a critical check failed:
    the task's log names it, docs/runbook.md says what to do. Skipped means: no line of the day or before it ever came in.""",
)
def quality() -> None:
    """Wire the day's checks."""

    @task.short_circuit
    def has_lines() -> bool:
        return any_lines(day_of(get_current_context()))

    @task
    def check() -> None:
        run("quality", "--date", day_of(get_current_context()))

    has_lines() >> check()


quality()
