"""How DAGs start jobs: the shoplog command as a process of its own; its exit code decides the task."""

from __future__ import annotations

import os
import subprocess
from datetime import timedelta
from pathlib import Path

from airflow.sdk import CronTriggerTimetable

COMMAND = os.environ.get("SHOPLOG_COMMAND", str(Path(__file__).resolve().parents[1] / "shoplog"))
DATE_PARAM_HELP = "UTC day, YYYY-MM-DD; empty for the day before the run."

ANY_LINES = """select 1 from (select event_date, ingest_date from bronze_access_log union all
select event_date, ingest_date from bronze_import_log) where coalesce(event_date, ingest_date) <= date '{day}' limit 1"""


def every_night(cron: str) -> CronTriggerTimetable:
    """Return the schedule (UTC) of a nightly DAG; a first start waits for the next night."""
    # Any other value, even False, lets a first start in the hours after that time run yesterday at once (Airflow 3.3.2).
    return CronTriggerTimetable(cron, timezone="UTC", run_immediately=timedelta(0))


def any_lines(day: str) -> bool:
    """Return whether a line of this day or an earlier one ever came in; without any there is nothing to be missing."""
    command = [COMMAND, "sql", ANY_LINES.format(day=day), "--format", "json"]
    found = bool(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip())
    print(f"Lines of {day} or before: {'yes' if found else 'none ever came in'}")
    return found


def run(*arguments: str) -> None:
    """Run the command, its output into the task's log; raises `CalledProcessError` unless it exits with 0."""
    subprocess.run([COMMAND, *arguments], check=True)


def day_of(context: object) -> str:
    """Return the run's UTC day: the parameter, else the day before the run's logical (or start) date."""
    from datetime import UTC

    chosen = context["params"].get("date")  # type: ignore[index]
    if chosen:
        return str(chosen)
    run = context["dag_run"]  # type: ignore[index]
    moment = run.logical_date or run.run_after
    return (moment.astimezone(UTC) - timedelta(days=1)).date().isoformat()
