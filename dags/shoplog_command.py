"""How DAGs start jobs: the shoplog command as a process of its own; its exit code decides the task."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

COMMAND = os.environ.get("SHOPLOG_COMMAND", str(Path(__file__).resolve().parents[1] / "shoplog"))
DATE_PARAM_HELP = "UTC day, YYYY-MM-DD; empty for the day before the run."


def run(*arguments: str) -> None:
    """Run the command, its output into the task's log; raises `CalledProcessError` unless it exits with 0."""
    subprocess.run([COMMAND, *arguments], check=True)


def day_of(context: object) -> str:
    """Return the run's UTC day: the parameter, else the day before the run's logical (or start) date."""
    from datetime import UTC, timedelta

    chosen = context["params"].get("date")  # type: ignore[index]
    if chosen:
        return str(chosen)
    run = context["dag_run"]  # type: ignore[index]
    moment = run.logical_date or run.run_after
    return (moment.astimezone(UTC) - timedelta(days=1)).date().isoformat()
