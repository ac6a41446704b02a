"""Figures that several families share, each said once: the SQL that makes it, adds it up and shows it."""

from __future__ import annotations

from shoplog.contracts.model import Metric
from shoplog.contracts.people import INTERNAL, REGULAR

# Fixed log-scale bounds in milliseconds: histograms of any two rows merge exactly by adding buckets.
DURATION_BOUNDS_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 30000)
SKETCH_LG_K = 12


def _duration_buckets() -> str:
    lows = (None, *DURATION_BOUNDS_MS)
    highs = (*DURATION_BOUNDS_MS, None)
    tests = [
        " and ".join(
            part for part in (f"duration_ms > {low}" if low else "", f"duration_ms <= {high}" if high else "") if part
        )
        for low, high in zip(lows, highs, strict=True)
    ]
    return f"[{', '.join(f'count(*) filter (where {test})' for test in tests)}]"


# Conditions are counted by `filter`, which says 0 where the condition is null for every row.
def count(name: str, sql: str, unit: str, meaning: str) -> Metric:
    """Return a figure that counts or adds up: an integer whose partials are summed."""
    return Metric(name, "bigint", sql, f"sum({name})", unit, meaning)


REQUESTS = count("requests", "count(*)", "requests", "accepted lines")
BYTES_SENT = count("bytes_sent", "sum(bytes_sent)", "bytes", "response body bytes")
STATUS = tuple(
    count(
        f"status_{n}xx",
        f"count(*) filter (where status between {n}00 and {n}99)",
        "requests",
        f"responses with status {n}xx",
    )
    for n in (1, 2, 3, 4, 5)
)
DURATIONS = Metric(
    "duration_histogram",
    "array<bigint>",
    _duration_buckets(),
    "array(" + ", ".join(f"sum(duration_histogram[{i}])" for i in range(len(DURATION_BOUNDS_MS) + 1)) + ")",
    "requests",
    "requests per duration bucket",
)
WITHOUT_VISITOR = count(
    "without_visitor", "count(*) filter (where visitor_id is null)", "requests", "requests whose salt was dead"
)
PERSON = f"traffic_type = '{REGULAR}'"
BOT = f"traffic_type not in ('{REGULAR}', '{INTERNAL}')"
# A page that was shown: neither a redirect to it, nor a form that was sent, nor an error.
PAGE_VIEW = "method = 'GET' and page_class = 'page' and (status between 200 and 299 or status = 304)"
VISITORS = Metric(
    "visitors_sketch",
    "binary",
    f"case when {PERSON} then visitor_id end",
    "hll_union_agg(visitors_sketch)",
    "visitors",
    "distinct visitor ids of people, estimated by an HLL sketch (lgK 12, standard error 1.6 %)",
    # A sketch filled directly and one that was merged estimate differently from equal registers; a union with itself
    # leaves the registers as they are and makes both estimate in the same way.
    figure="hll_sketch_estimate(hll_union(visitors_sketch, visitors_sketch))",
    figure_name="visitors",
)
PAGE_VIEWS = count(
    "page_views", f"count(*) filter (where {PAGE_VIEW} and {PERSON})", "pages", "pages that people were shown"
)
BOT_REQUESTS = count(
    "bot_requests", f"count(*) filter (where {BOT})", "requests", "requests of bots; their share is of requests"
)
AI_REQUESTS = count(
    "ai_requests",
    "count(*) filter (where traffic_type = 'AI Agent')",
    "requests",
    "requests of AI crawlers, searches and assistants",
)
GOOD = count(
    "good_responses",
    "count(*) filter (where status < 500)",
    "requests",
    "responses that are no server error; availability is their share",
)
