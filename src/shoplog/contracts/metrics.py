"""Every figure, once: the SQL that makes it, adds it up and shows it. Both layers take it from here."""

from __future__ import annotations

from shoplog.contracts.model import Family, Metric
from shoplog.contracts.people import REGULAR

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
    return f"[{', '.join(f'count_if({test})' for test in tests)}]"


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
PERSON = f"traffic_type = '{REGULAR}'"
PAGE = f"page_class = 'page' and {PERSON}"
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
PAGE_VIEWS = _count("page_views", f"count_if({PAGE} and status < 400)", "pages", "pages that people were shown")
BOT_REQUESTS = _count(
    "bot_requests", f"count_if(not {PERSON})", "requests", "requests of bots; their share is of requests"
)
AI_REQUESTS = _count(
    "ai_requests", "count_if(traffic_type = 'AI Agent')", "requests", "requests of AI crawlers, searches and assistants"
)
GOOD = _count(
    "good_responses",
    "count_if(status < 500)",
    "requests",
    "responses that are no server error; availability is their share",
)

TRAFFIC = Family(
    "traffic",
    "gold_traffic_1m",
    1,
    (),
    (REQUESTS, BYTES_SENT, *STATUS, GOOD, DURATIONS, PAGE_VIEWS, BOT_REQUESTS, AI_REQUESTS, WITHOUT_VISITOR, VISITORS),
    "requests, bytes, statuses, bots and visitors of a site per minute",
)
STATUSES = Family(
    "statuses", "gold_statuses_1m", 1, ("http_status",), (REQUESTS,), "requests of each status per minute"
)
PAGES = Family(
    "pages",
    "gold_pages_1h",
    60,
    ("path",),
    (REQUESTS, BYTES_SENT, STATUS[3], STATUS[4], DURATIONS, PAGE_VIEWS),
    "requests, errors and times of each path of a site per hour",
)
SOURCES = Family(
    "sources",
    "gold_sources_1h",
    60,
    ("channel", "source", "medium", "campaign", "search_engine"),
    (_count("landings", "count(*)", "pages", "pages that people reached from outside the site"), VISITORS),
    "landings of people by where they came from, per hour",
    of=f"fate = 'accepted' and channel is not null and {PAGE}",
)
ERRORS = Family(
    "errors",
    "gold_errors_1h",
    60,
    ("http_status", "path", "referrer"),
    (REQUESTS, BOT_REQUESTS),
    "refused and failed requests with the page that linked there, per hour",
    of="fate = 'accepted' and status >= 400",
)
BOTS = Family(
    "bots",
    "gold_bots_1h",
    60,
    ("traffic_type", "bot_category", "bot_name"),
    (REQUESTS, BYTES_SENT, STATUS[3], STATUS[4]),
    "requests of each bot per hour; people stand as Regular beside them",
)
DEVICES = Family(
    "devices",
    "gold_devices_1h",
    60,
    ("device", "os", "browser"),
    (REQUESTS, PAGE_VIEWS, VISITORS),
    "people's devices, systems and browsers per hour",
    of=f"fate = 'accepted' and {PERSON}",
)
COUNTRIES = Family(
    "countries",
    "gold_countries_1h",
    60,
    ("country",),
    (REQUESTS, BYTES_SENT, PAGE_VIEWS, VISITORS),
    "people's countries per hour",
    of=f"fate = 'accepted' and {PERSON}",
)
EVENTS = Family(
    "events",
    "gold_events_1h",
    60,
    ("event_name",),
    (_count("events", "count(*)", "events", "shop events of people"), VISITORS),
    "people's shop events by name, per hour: the funnel's steps and everything beside them",
    of=f"fate = 'accepted' and event_name is not null and {PERSON}",
)


def _event(name: str, event: str, meaning: str) -> Metric:
    return _count(name, f"count_if(event_name = '{event}')", "events", meaning)


PRODUCTS = Family(
    "products",
    "gold_products_1h",
    60,
    ("item_id", "item_category"),
    (
        _event("item_views", "view_item", "times that people were shown the item's page"),
        _event("cart_adds", "add_to_cart", "times that people put the item into a cart"),
        _event("cart_removes", "remove_from_cart", "times that people took the item out of a cart"),
        _event("item_purchases", "purchase", "confirmed orders that name the item, reloads included"),
    ),
    "what people did with each item, per hour",
    of=f"fate = 'accepted' and item_id is not null and {PERSON}",
)
ORDERS = Family(
    "orders",
    "gold_orders_1d",
    1440,
    ("order_id",),
    (
        _count("confirmations", "count(*)", "pages", "times that the order's confirmation was shown"),
        Metric(
            "order_value",
            "decimal(18,2)",
            "max(value)",
            "max(order_value)",
            "money",
            "the order's value in the site's currency, once however often it was confirmed; null where unknown",
        ),
    ),
    "orders per UTC day: one row is one order, so that orders are counted and revenue is added up once each",
    of="fate = 'accepted' and event_name = 'purchase' and order_id is not null",
)
SEARCHES = Family(
    "searches",
    "gold_searches_1h",
    60,
    ("search_term",),
    (_count("searches", "count(*)", "searches", "times that people searched the shop for the term"),),
    "what people searched for, per hour",
    of=f"fate = 'accepted' and event_name = 'search' and {PERSON}",
)
FAMILIES = (
    TRAFFIC, STATUSES, PAGES, SOURCES, ERRORS, BOTS, DEVICES, COUNTRIES, EVENTS, PRODUCTS, ORDERS, SEARCHES,
)  # fmt: skip

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
# Dimensions that are no columns of their own. `status` says final or provisional in every gold_*_now view.
DERIVED = {"http_status": "status"}
DIMENSIONS = tuple(dict.fromkeys(name for family in LIVE_FAMILIES for name in family.dimensions))
