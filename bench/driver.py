"""driver: what only the one driver of the stream does, in one thread: the part that more machines do not share; no peer."""

from __future__ import annotations

import sys

from bench.pair import Row
from bench.sides import Once
from shoplog.settings import Settings

_WORK = {
    "compact bronze": "line",
    "fold partials": "line",
    "commit a file": "file",
    "send a mark to a task": "mark",
}


def measure(settings: Settings, scale: float, runs: int) -> list[Row]:
    """Return a row a kind of work, in CPU microseconds a line, file or mark; neither `scale` nor `runs` matters."""
    variables = {"SHOPLOG_HOME": str(settings.home), "POLARS_MAX_THREADS": "1"}
    found = Once("ours", [sys.executable, "-m", "bench.ours_driver"], variables).run().output
    took, rows = found["found"], list[Row]()
    for work, of in _WORK.items():
        size = took.get(f"bytes of {work}")
        row = {"name": "driver", "work": work, "of": of, "us": round(took[work], 2)}
        row |= {"bytes": "-" if size is None else round(size, 1), "lines": found["lines"], "files": found["files"]}
        rows.append({**row, "to_reach": "published", "holds": True})
    return rows
