"""How DAGs start jobs: the shoplog command as a process of its own; its exit code decides the task."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import timedelta
from pathlib import Path

from airflow.sdk import CronTriggerTimetable
from airflow.sdk.exceptions import AirflowFailException

COMMAND = os.environ.get("SHOPLOG_COMMAND", str(Path(__file__).resolve().parents[1] / "shoplog"))
# For what can end otherwise: a lease is free again, a killed Spark starts anew. What a command found wrong or refused
# fails at once, whatever stands here.
AGAIN = {"retries": 1, "retry_delay": timedelta(minutes=2)}
DATE_PARAM_HELP = "UTC day, YYYY-MM-DD; empty for the day before the run."


def every_night(cron: str) -> CronTriggerTimetable:
    """Return the schedule (UTC) of a nightly DAG; a first start waits for the next night."""
    # Any other value, even False, lets a first start in the hours after that time run yesterday at once (Airflow 3.3.2).
    return CronTriggerTimetable(cron, timezone="UTC", run_immediately=timedelta(0))


def any_lines(day: str) -> bool:
    """Return whether a line of this day or an earlier one ever came in; without any there is nothing to be missing."""
    found = _due(day)
    print(f"Lines of {day} or before: {'yes' if found else 'none ever came in'}")
    return bool(found)


def days_due(context: object) -> list[str]:
    """Return the UTC days a nightly run has to do; none before any line ever came.

    The nightly of its night does its day and all dirty ones; a run by hand or of a backfill does its day alone.
    """
    day = day_of(context)
    found = _due(day)
    is_scheduled = context["dag_run"].run_type == "scheduled"  # type: ignore[index]
    days = found if is_scheduled else [day] if found else []
    print(f"Days to do: {', '.join(days) or 'none, no line ever came in'}")
    return days


def due_dates(context: object) -> list[str]:
    """Return the days that the run's task `due` found, as the command's options.

    Pulled, not passed: an argument would make `due` an upstream task, whose success counts in trigger rules.
    """
    return dates(context["ti"].xcom_pull(task_ids="due"))  # type: ignore[index]


def dates(days: list[str]) -> list[str]:
    """Return the days as the command's options."""
    return [option for day in days for option in ("--date", day)]


def _due(day: str) -> list[str]:
    command = [COMMAND, "due", "--date", day, "--json"]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [json.loads(line)["day"] for line in answer.splitlines()]


def run(*arguments: str) -> None:
    """Run the command, its output into the task's log; raises where it does not exit with 0.

    What it found wrong (1) and what it refuses (2) a second try finds and refuses again: `AirflowFailException`. Anything
    else broke or met another process: `CalledProcessError`, which the task's `retries` try again.
    """
    print(f"run={os.environ.get('SHOPLOG_RUN', '-')} shoplog {' '.join(arguments)}", flush=True)
    done = subprocess.run([COMMAND, *arguments], check=False)
    if done.returncode in (1, 2):
        how = "found something wrong" if done.returncode == 1 else "refused"
        raise AirflowFailException(f"shoplog {arguments[0]} {how}: its words stand above.")
    done.check_returncode()


def day_of(context: object) -> str:
    """Return the run's UTC day: the parameter, else the day before the run's logical (or start) date."""
    from datetime import UTC

    chosen = context["params"].get("date")  # type: ignore[index]
    if chosen:
        return str(chosen)
    run = context["dag_run"]  # type: ignore[index]
    moment = run.logical_date or run.run_after
    return (moment.astimezone(UTC) - timedelta(days=1)).date().isoformat()
