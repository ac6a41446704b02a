"""A kill of Flume that bites: it had sent lines that it had not noted, and sends them again once it is back."""

from __future__ import annotations

import time

from shoplog.errors import UserError
from shoplog.settings import Settings
from shoplog.stack.flume import lines_taken
from shoplog.stack.leftovers import running


def kill_between_notes(settings: Settings, patience_s: float = 60.0) -> int:
    """Kill the agent between two notes of its positions, with lines sent since the last one; return its process id.

    A kill right after a note repeats nothing, so the agent is frozen first and goes on where it had just noted. Raises `UserError`
    where no such moment comes.
    """
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        noted, before = _noted_at_ns(settings), lines_taken(settings)
        time.sleep(0.1)
        if lines_taken(settings) <= before:
            continue
        process = running(settings, "flume")
        if process is None:
            raise UserError("flume is not running, so there is nothing to kill: see shoplog status.")
        process.suspend()
        if _noted_at_ns(settings) == noted:
            process.kill()
            return int(process.pid)
        process.resume()
    raise UserError(f"Flume sent nothing in {patience_s:.0f} s that it had not noted: do lines come?")


def _noted_at_ns(settings: Settings) -> int | None:
    """Return when the positions were last written, None before the first time, which is some seconds after the start."""
    try:
        return settings.taildir_position.stat().st_mtime_ns
    except FileNotFoundError:
        return None
