"""Every hour the live ledger; once a night, after the nightly, Great Expectations on the day's ledger, parity and tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import Param, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException
from shoplog_command import DATE_PARAM_HELP, any_lines, dates, day_of, run

from shoplog.contracts.pools import WAREHOUSE_POOL

AFTER_THE_NIGHTLY = 2  # UTC: the run of 02:20


@dag(
    schedule="20 * * * *",
    catchup=False,
    max_active_runs=1,
    params={"date": Param(None, type=["null", "string"], format="date", description=DATE_PARAM_HELP)},
    default_args={"owner": "on-call", "retries": 0},
    tags=["shoplog", "quality"],
    doc_md="""Every hour `ledger` accounts for every line of the files of today and yesterday: red means that a line or a byte is
    unaccounted for. The run of 02:20 UTC also looks at the day that the nightly has just done: `compare` compares both layers once
    more, so that a figure changed by hand is found, and `check` writes Data Docs and `quality_result`: red means that a critical
    expectation failed. The task's log names it, docs/runbook.md says what to do. A run by hand with a date only looks at that
    day. Skipped means: no line ever came in, or it is not the hour of the day's check.""",
)
def quality() -> None:
    """Wire the hour's ledger and the day's checks."""

    @task
    def ledger() -> None:
        today = datetime.now(UTC).date()
        if get_current_context()["params"]["date"] or not any_lines(today.isoformat()):
            raise AirflowSkipException
        # Yesterday's too: its last hour is written to until shortly after midnight.
        run("ledger", *dates([today.isoformat(), (today - timedelta(days=1)).isoformat()]))

    @task.short_circuit
    def has_lines() -> bool:
        context = get_current_context()
        run_of = context["dag_run"]
        is_hourly = run_of.run_type == "scheduled" and run_of.run_after.astimezone(UTC).hour != AFTER_THE_NIGHTLY
        return not is_hourly and any_lines(day_of(context))

    @task(pool=WAREHOUSE_POOL)
    def compare() -> None:
        run("reconcile", "--date", day_of(get_current_context()))

    # Also after a difference: its rows are what a check names.
    @task(pool=WAREHOUSE_POOL, trigger_rule="all_done")
    def check() -> None:
        run("quality", "--date", day_of(get_current_context()))

    ledger()
    has_lines() >> compare() >> check()


quality()
