"""Every figure, once: the SQL that makes it, adds it up and shows it. Both layers take it from here."""

from __future__ import annotations

from shoplog.contracts.model import Family, Metric

# Fixed log-scale bounds in milliseconds: histograms of any two rows merge exactly by adding buckets.
DURATION_BOUNDS_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 30000)
_SKETCH_LG_K = 12


def _duration_buckets() -> str:
    lows = (None, *DURATION_BOUNDS_MS)
    highs = (*DURATION_BOUNDS_MS, None)
    tests = [
        " and ".join(
            part for part in (f"duration_ms > {low}" if low else "", f"duration_ms <= {high}" if high else "") if part
        )
        for low, high in zip(lows, highs, strict=True)
    ]
    return f"array({', '.join(f'count_if({test})' for test in tests)})"


def _count(name: str, sql: str, unit: str, meaning: str) -> Metric:
    return Metric(name, "bigint", sql, f"sum({name})", unit, meaning)


REQUESTS = _count("requests", "count(*)", "requests", "accepted lines")
BYTES_SENT = _count("bytes_sent", "sum(bytes_sent)", "bytes", "response body bytes")
STATUS = tuple(
    _count(f"status_{n}xx", f"count_if(status between {n}00 and {n}99)", "requests", f"responses with status {n}xx")
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
WITHOUT_VISITOR = _count("without_visitor", "count_if(visitor_id is null)", "requests", "requests whose salt was dead")
VISITORS = Metric(
    "visitors_sketch",
    "binary",
    f"hll_sketch_agg(visitor_id, {_SKETCH_LG_K})",
    "hll_union_agg(visitors_sketch)",
    "visitors",
    "distinct visitor ids, estimated by an HLL sketch (lgK 12, standard error 1.6 %)",
    # A sketch filled directly and one that was merged estimate differently from equal registers; a union with itself
    # leaves the registers as they are and makes both estimate in the same way.
    figure="hll_sketch_estimate(hll_union(visitors_sketch, visitors_sketch))",
    figure_name="visitors",
)

TRAFFIC = Family(
    "traffic",
    "gold_traffic_1m",
    1,
    (),
    (REQUESTS, BYTES_SENT, *STATUS, DURATIONS, WITHOUT_VISITOR, VISITORS),
    "requests, bytes, statuses and visitors of a site per minute",
)
PAGES = Family(
    "pages",
    "gold_pages_1h",
    60,
    ("path",),
    (REQUESTS, BYTES_SENT, STATUS[3], STATUS[4]),
    "requests of each path of a site per hour",
)
FAMILIES = (TRAFFIC, PAGES)

# The ledger's counts travel with the figures: every line of a file, whatever became of it. Kept live only.
_NEW = "fate != 'duplicate'"
LEDGER = Family(
    "ledger",
    "",
    1440,
    ("host", "file", "kafka_partition", "reason"),
    (
        _count("lines", "count(*)", "lines", "bronze rows"),
        _count("accepted", "count_if(fate = 'accepted')", "lines", "rows accepted"),
        _count("quarantined", "count_if(fate = 'quarantined')", "lines", "rows refused"),
        _count("duplicates", "count_if(fate = 'duplicate')", "lines", "rows seen before"),
        _count(
            "covered_bytes",
            f"coalesce(sum(line_bytes + 1) filter (where {_NEW}), 0)",
            "bytes",
            "bytes of the rows that are no duplicates, with one line end each",
        ),
        Metric(
            "highest_byte_offset",
            "bigint",
            "max(byte_offset)",
            "max(highest_byte_offset)",
            "bytes",
            "the mark: highest byte offset seen in this Kafka partition",
        ),
    ),
    "lines of each file and what became of them",
    of="true",
    time="ingest_time",
)
LIVE_FAMILIES = (*FAMILIES, LEDGER)
METRICS = tuple(dict.fromkeys(metric for family in LIVE_FAMILIES for metric in family.metrics))
