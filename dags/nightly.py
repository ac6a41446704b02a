"""Each night: yesterday (UTC) recomputed from every bronze row, compared with live, accounted for, then published."""

from __future__ import annotations

import subprocess
from datetime import timedelta

from airflow.sdk import Asset, CronTriggerTimetable, Param, dag, get_current_context, task
from shoplog_command import COMMAND, DATE_PARAM_HELP, day_of, run

PUBLISHED = Asset("published_day")
ANY_LINES = """select 1 from (select event_date, ingest_date from bronze_access_log union all
select event_date, ingest_date from bronze_import_log) where coalesce(event_date, ingest_date) <= date '{day}' limit 1"""
# Again only where a second try can end otherwise: a lease is free again, a killed Spark starts anew, the broker is back.
# The same rows compared twice differ twice.
AGAIN = {"retries": 1, "retry_delay": timedelta(minutes=2)}


def any_lines(day: str) -> bool:
    """Return whether a line of this day or an earlier one ever came in; without any there is nothing to be missing."""
    command = [COMMAND, "sql", ANY_LINES.format(day=day), "--format", "json"]
    return bool(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip())


@dag(
    # Any other value, even False, lets a first start in the hours after 01:30 run yesterday at once (Airflow 3.3.2).
    schedule=CronTriggerTimetable("30 1 * * *", timezone="UTC", run_immediately=timedelta(0)),
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
        day = day_of(get_current_context())
        found = any_lines(day)
        print(f"Lines of {day} or before: {'yes' if found else 'none ever came in, so there is nothing to publish'}")
        return found

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
