"""Whether the part in this container works: `python -m shoplog.stack.health PART`, exit code 0 or 1."""

from __future__ import annotations

import sys

from shoplog.settings import Settings
from shoplog.stack.leftovers import running
from shoplog.stack.parts import PARTS


def is_healthy(settings: Settings, name: str) -> bool:
    """Return whether the part runs here and does what `up` waits for on a machine without containers."""
    process = running(settings, name)
    return process is not None and PARTS[name].is_ready(settings, process.pid)


if __name__ == "__main__":
    sys.exit(0 if is_healthy(Settings.load(), sys.argv[1]) else 1)
