"""Measures of the machine: parts, their memory, the disk."""

from __future__ import annotations

import shutil

from dashboard.monitoring.measures import Samples
from shoplog.settings import Settings
from shoplog.stack import supervised
from shoplog.stack.memory import family_rss


def part_samples(settings: Settings) -> Samples:
    """Yield what the supervisor and the operating system know of each part, and of the home's disk."""
    for part in supervised.status(settings):
        yield "shoplog_part_up", (part.name,), float(part.state == "running")
        if part.pid is not None:
            yield "shoplog_part_memory_bytes", (part.name,), family_rss(part.pid)
    disk = shutil.disk_usage(settings.home)
    yield "shoplog_disk_bytes", (), disk.total
    yield "shoplog_disk_free_bytes", (), disk.free
