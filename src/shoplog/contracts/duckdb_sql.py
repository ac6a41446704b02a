"""How DuckDB spells what Spark is told in a metric: lists count from 1, sketches are estimated by a function.

`estimate_visitors(BLOB[])` is given to each connection by `io/duck.py`; `percentile_ms` and `merge_durations` are plain SQL.
"""

from __future__ import annotations

from shoplog.contracts.metrics import DURATION_BOUNDS_MS
from shoplog.contracts.model import Metric

_BUCKETS = len(DURATION_BOUNDS_MS) + 1


def merge_sql(metric: Metric) -> str:
    """Return the SQL that adds partials up; sketches are collected in a list, so that only rows that are shown cost an estimate."""
    if metric.type == "array<bigint>":
        return f"[{', '.join(f'sum({metric.name}[{i}])::bigint' for i in range(1, _BUCKETS + 1))}]"
    if metric.type == "binary":
        return f"list({metric.name})"
    return f"({metric.merge})::{metric.type}"


def figure_sql(metric: Metric, merged: str) -> str:
    """Return the SQL of what people read of `merged`, a partial added up by `merge_sql`."""
    return f"estimate_visitors({merged})" if metric.type == "binary" else merged


def _percentile_macro() -> str:
    lows = [0, *DURATION_BOUNDS_MS]
    # The last bucket has no upper end: what falls into it is shown as its lower end.
    highs = [*DURATION_BOUNDS_MS, DURATION_BOUNDS_MS[-1]]
    sums = f"list_transform(range(1, {_BUCKETS + 1}), lambda i: list_sum(histogram[1:i]))"
    place = f"(1 + len(list_filter({sums}, lambda n: n < share * list_sum(histogram))))"
    before = f"coalesce(list_sum(histogram[1:{place} - 1]), 0)"
    inside = f"(share * list_sum(histogram) - {before}) / histogram[{place}]"
    return (
        "create or replace macro percentile_ms(histogram, share) as case when list_sum(histogram) > 0 then "
        f"{lows}[{place}] + ({highs}[{place}] - {lows}[{place}]) * {inside} end"
    )


# Duration below which that share of the histogram's requests stayed, evenly spread inside its bucket; null without durations.
PERCENTILE_MS = _percentile_macro()
# The buckets of several histograms, each added up.
MERGE_DURATIONS = (
    "create or replace macro merge_durations(histograms) as "
    f"list_transform(range(1, {_BUCKETS + 1}), lambda i: list_sum(list_transform(histograms, lambda h: h[i]))::bigint)"
)
