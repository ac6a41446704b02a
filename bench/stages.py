"""stages: where a Spark task's CPU time goes, and how far each step is from the least anybody would have to do for it; no peer."""

from __future__ import annotations

import sys

from bench.pair import Row
from bench.sides import Once
from shoplog.settings import Settings

# Step -> the least that anybody would have to do for it, where that was measured.
_STAGES = {
    "identity": None,
    "parse": "regex alone",
    "enrich": None,
    "fate": None,
    "measure": "one figure alone",
    "write bronze": "parquet alone",
    "write partials": None,
}


def measure(settings: Settings, scale: float, runs: int) -> list[Row]:
    """Return a row a step, in CPU microseconds a line; neither `scale` nor `runs` matters."""
    variables = {"SHOPLOG_HOME": str(settings.home), "POLARS_MAX_THREADS": "1"}
    found = Once("ours", [sys.executable, "-m", "bench.ours_stages"], variables).run().output
    us = {**found["us"], "enrich": found["us"]["parse and enrich"] - found["us"]["parse"]}
    total = sum(us[name] for name in _STAGES)
    rows = []
    for name, floor in _STAGES.items():
        row = {"name": "stages", "stage": name, "lines": found["lines"], "us_per_line": round(us[name], 2)}
        row |= {"share_percent": round(us[name] / total * 100, 1), "floor": floor or "not measured"}
        row |= {"floor_us_per_line": round(us[floor], 2) if floor else "-", "to_reach": "published", "holds": True}
        rows.append(row)
    return rows
