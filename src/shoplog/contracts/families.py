"""Every family of figures, once: which rows, which window, by what. Both layers, docs, checks and views take them from here."""

from __future__ import annotations

from shoplog.contracts.ledger_family import LEDGER
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
from shoplog.contracts.model import Family
from shoplog.contracts.shop_families import EVENTS, ORDERS, PRODUCTS, SEARCHES
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
FAMILIES = (
    TRAFFIC, STATUSES, PAGES, SOURCES, ERRORS, BOTS, DEVICES, COUNTRIES, EVENTS, PRODUCTS, ORDERS, SEARCHES,
)  # fmt: skip
LIVE_FAMILIES = (*FAMILIES, LEDGER, VISITOR_MINUTES)
METRICS = tuple(dict.fromkeys(metric for family in LIVE_FAMILIES for metric in family.metrics))
# Dimensions that are no columns of their own. `status` says final or provisional in every gold_*_now view.
DERIVED = {"http_status": "status"}
DIMENSIONS = tuple(dict.fromkeys(name for family in LIVE_FAMILIES for name in family.dimensions))
