"""Named crash points, so that tests can kill the driver exactly there. Off unless SHOPLOG_CRASH_AT names a file."""

from __future__ import annotations

import os
import signal
from pathlib import Path

POINTS = ("before_offset_log", "after_bronze", "after_gold", "before_commit_log")


def crash_point(name: str) -> None:
    """Kill this process where the armed file holds this point's name; the file is renamed first, so it bites once."""
    armed = os.environ.get("SHOPLOG_CRASH_AT")
    if not armed:
        return
    path = Path(armed)
    if path.exists() and path.read_text(encoding="utf-8").strip() == name:
        path.rename(path.with_suffix(".bitten"))
        os.kill(os.getpid(), signal.SIGKILL)
