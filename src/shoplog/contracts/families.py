"""Every family of figures, once: which rows, which window, by what. Both layers, docs, checks and views take them from here."""

from __future__ import annotations

from shoplog.contracts.metrics import (
    AI_REQUESTS,
    BOT_REQUESTS,
    BYTES_SENT,
    DURATIONS,
    GOOD,
    PAGE_VIEW,
    PAGE_VIEWS,
    PERSON,
    REQUESTS,
    STATUS,
    VISITORS,
    WITHOUT_VISITOR,
    count,
)
from shoplog.contracts.model import Family, Metric
from shoplog.contracts.visitor_minutes import VISITOR_MINUTES

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
    (
        count("landings", "count(*)", "pages", "pages that people were shown when they came from outside the site"),
        VISITORS,
    ),
    "landings of people by where they came from, per hour",
    of=f"fate = 'accepted' and channel is not null and {PAGE_VIEW} and {PERSON}",
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
    (count("events", "count(*)", "events", "shop events of people"), VISITORS),
    "people's shop events by name, per hour: the funnel's steps and everything beside them",
    of=f"fate = 'accepted' and event_name is not null and {PERSON}",
)


def _event(name: str, event: str, meaning: str) -> Metric:
    return count(name, f"count(*) filter (where event_name = '{event}')", "events", meaning)


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
        count("confirmations", "count(*)", "pages", "times that the order's confirmation was shown"),
        Metric(
            "order_value",
            "decimal(18,2)",
            "max(value)",
            "max(order_value)",
            "site currency",
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
    (count("searches", "count(*)", "searches", "times that people searched the shop for the term"),),
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
        count("lines", "count(*)", "lines", "bronze rows"),
        count("accepted", "count(*) filter (where fate = 'accepted')", "lines", "rows accepted"),
        count("quarantined", "count(*) filter (where fate = 'quarantined')", "lines", "rows refused"),
        count("duplicates", "count(*) filter (where fate = 'duplicate')", "lines", "rows seen before"),
        count(
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
LIVE_FAMILIES = (*FAMILIES, LEDGER, VISITOR_MINUTES)
METRICS = tuple(dict.fromkeys(metric for family in LIVE_FAMILIES for metric in family.metrics))
# Dimensions that are no columns of their own. `status` says final or provisional in every gold_*_now view.
DERIVED = {"http_status": "status"}
DIMENSIONS = tuple(dict.fromkeys(name for family in LIVE_FAMILIES for name in family.dimensions))
