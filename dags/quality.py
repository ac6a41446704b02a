"""Every hour the live ledger; once a night, after the nightly, Great Expectations on the day's ledger, parity and tables."""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.sdk import Param, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException
from shoplog_command import DATE_PARAM_HELP, any_lines, day_of, run

from shoplog.contracts.pools import WAREHOUSE_POOL

AFTER_THE_NIGHTLY = 2  # UTC: the run of 02:20


@dag(
    schedule="20 * * * *",
    catchup=False,
    max_active_runs=1,
    params={"date": Param(None, type=["null", "string"], format="date", description=DATE_PARAM_HELP)},
    default_args={"owner": "on-call", "retries": 0},
    tags=["shoplog", "quality"],
    doc_md="""Every hour `ledger` accounts for every line so far: red means that a line or a byte is unaccounted for. The run of
    02:20 UTC also checks the day that the nightly has just done and writes Data Docs and `quality_result`: a red `check` means
    that a critical expectation failed. The task's log names it, docs/runbook.md says what to do. A run by hand with a date
    only checks that day. Skipped means: no line ever came in, or it is not the hour of the day's check.""",
)
def quality() -> None:
    """Wire the hour's ledger and the day's checks."""

    @task
    def ledger() -> None:
        if get_current_context()["params"]["date"] or not any_lines(datetime.now(UTC).date().isoformat()):
            raise AirflowSkipException
        run("ledger")

    @task.short_circuit
    def has_lines() -> bool:
        context = get_current_context()
        run_of = context["dag_run"]
        is_hourly = run_of.run_type == "scheduled" and run_of.run_after.astimezone(UTC).hour != AFTER_THE_NIGHTLY
        return not is_hourly and any_lines(day_of(context))

    @task(pool=WAREHOUSE_POOL)
    def check() -> None:
        run("quality", "--date", day_of(get_current_context()))

    ledger()
    has_lines() >> check()


quality()
