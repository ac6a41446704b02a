"""A request for upkeep of the live tables: written to the control file, answered in the status file."""

from __future__ import annotations

import time
import uuid
from dataclasses import replace

from shoplog.settings import Settings
from shoplog.stack.control import change_orders, read_status


def ask_for_upkeep(settings: Settings) -> str:
    """Ask the driver for upkeep, once, when it runs; return the request's id."""
    return change_orders(settings, lambda now: replace(now, upkeep=uuid.uuid4().hex)).upkeep


def wait_for_upkeep(settings: Settings, request: str, wait_s: float) -> tuple[str, bool]:
    """Return what the stream says of the request after at most `wait_s`, and whether that is all right.

    A stream that does not run will do it when it runs again, which is all right.
    """
    deadline = time.monotonic() + wait_s
    while True:
        said = read_status(settings)
        is_mine = said.upkeep == request
        if is_mine and said.upkeep_outcome != "begun":
            return said.upkeep_outcome, said.upkeep_outcome.startswith("done")
        if not is_mine and said.state != "running":
            return f"asked for; the stream is {said.state}", True
        if time.monotonic() > deadline:
            return said.upkeep_outcome if is_mine else "not begun", False
        time.sleep(0.2)
