"""The report's sections, said once: which family, by what, which figures, in which order. A family without one gets its own."""

from __future__ import annotations

from dataclasses import dataclass

from shoplog.contracts import families as f
from shoplog.contracts import shop_families as shop
from shoplog.contracts import stored as s
from shoplog.contracts.channels import AI_ASSISTANTS
from shoplog.contracts.figures import figures_of
from shoplog.contracts.model import Family
from shoplog.contracts.people import REGULAR
from shoplog.contracts.sessions import ATTRIBUTION_MODELS

_BOTS = f"traffic_type != '{REGULAR}'"
_VISITS = ("sessions", "bounce_ratio", "conversion_ratio", "orders", "revenue")
_DURATIONS = ("duration_p50_ms", "duration_p95_ms", "duration_p99_ms")


@dataclass(frozen=True, slots=True)
class Section:
    """One table of the report. `only` chooses rows, `at_least` groups (SQL over added-up partials).

    Rows come by the first figure, most first; of a series (`by` is its time) all of them, by time.
    """

    name: str
    title: str
    family: Family
    by: tuple[str, ...]
    figures: tuple[str, ...]
    only: str = ""
    at_least: str = ""
    is_series: bool = False


_SAID = (
    Section("traffic", "Traffic", f.TRAFFIC, (), (
        "requests", "page_views", "visitors", "bytes_sent", "availability", "error_ratio", "client_error_ratio",
        "server_error_ratio", "bot_requests", "bot_ratio", "ai_requests", "ai_ratio", "without_visitor", *_DURATIONS,
        "timed_requests")),
    Section("orders", "Orders", shop.ORDERS, (), (
        "orders", "revenue", "average_order_value", "orders_without_value", "confirmations")),
    Section("sessions", "Sessions", s.SESSION_ROWS, (), (
        "sessions", "bounce_ratio", "engaged_ratio", "pages_per_session", "mean_duration_s", "conversion_ratio", "cart_sessions",
        "cart_abandonment_ratio", "checkout_sessions", "orders", "orders_without_value", "revenue", "average_order_value")),
    Section("carts", "Carts", s.SESSION_ROWS, (), (
        "carts_created", "carts_emptied", "carts_transacted", "carts_abandoned", "cart_abandonment_ratio")),
    *(Section(name, title, s.FUNNEL, ("step", "event_name"), ("sessions", "of_first_step_ratio"), only=f"kind = '{kind}'")
      for name, title, kind in (
          ("funnel", "Funnel: steps in order, anything between", "sequential"),
          ("funnel_strict", "Funnel: steps in order, none of another step between", "strict"),
          ("funnel_flexible", "Funnel: steps in any order", "flexible"))),
    Section("session_channels", "Sessions by channel", s.SESSION_ROWS, ("channel",), _VISITS),
    Section("session_campaigns", "Sessions by campaign", s.SESSION_ROWS, ("campaign", "source", "medium"), _VISITS,
            only="campaign is not null"),
    *(Section(f"attribution_{model}", f"Orders by the visitor's {model} non-direct touch of the day", s.ATTRIBUTION,
              ("channel", "source", "campaign"), ("orders", "revenue", "orders_without_value"), only=f"model = '{model}'")
      for model in ATTRIBUTION_MODELS),
    Section("entry_pages", "Entry pages", s.SESSION_ROWS, ("entry_page",), _VISITS),
    Section("exit_pages", "Exit pages", s.SESSION_ROWS, ("exit_page",), ("sessions", "pages_per_session")),
    Section("exact_visitors", "Visitors, counted", s.EXACT_VISITORS, (), ("exact_visitors", "disguised_visitors")),
    Section("events", "Shop events", shop.EVENTS, ("event_name",), ("events", "visitors")),
    Section("products", "Products", shop.PRODUCTS, ("item_id", "item_category"), (
        "item_views", "cart_adds", "cart_removes", "item_purchases", "view_to_cart_ratio", "cart_to_order_ratio")),
    Section("categories", "Categories", shop.PRODUCTS, ("item_category",), (
        "item_views", "cart_adds", "cart_removes", "item_purchases", "view_to_cart_ratio", "cart_to_order_ratio")),
    Section("searches", "Searches in the shop", shop.SEARCHES, ("search_term",), ("searches",)),
    Section("channels", "Channels", f.SOURCES, ("channel",), ("landings", "visitors")),
    Section("sources", "Sources", f.SOURCES, ("source", "medium"), ("landings", "visitors")),
    Section("campaigns", "Campaigns", f.SOURCES, ("campaign", "source", "medium"), ("landings", "visitors"),
            only="campaign is not null"),
    Section("search_engines", "Search engines", f.SOURCES, ("search_engine",), ("landings", "visitors"),
            only="search_engine is not null"),
    Section("ai_assistants", "Visitors sent by AI assistants", f.SOURCES, ("source",), ("landings", "visitors"),
            only=f"channel = '{AI_ASSISTANTS}'"),
    Section("pages", "Pages", f.PAGES, ("path",), ("page_views", "requests", "bytes_sent", "error_ratio", "duration_p95_ms"),
            at_least="page_views > 0"),
    Section("slow_pages", "Slow paths with 10 or more timed requests", f.PAGES, ("path",),
            ("duration_p95_ms", "duration_p50_ms", "duration_p99_ms", "timed_requests"),
            at_least="list_sum(duration_histogram) >= 10"),
    Section("statuses", "Statuses", f.STATUSES, ("http_status",), ("requests",)),
    Section("not_found", "Not found (404), by the page that links there", f.ERRORS, ("path", "referrer"),
            ("requests", "bot_requests"), only="http_status = 404"),
    Section("hotlinks", "Hotlinks: files that pages of other sites embed", s.HOTLINKS, ("source", "path"),
            ("requests", "bytes_sent"), only=s.HOTLINKS.of),
    Section("server_errors", "Server errors (5xx)", f.ERRORS, ("http_status", "path"), ("requests", "bot_requests"),
            only="http_status >= 500"),
    Section("devices", "Devices", f.DEVICES, ("device",), ("page_views", "requests", "visitors")),
    Section("systems", "Operating systems", f.DEVICES, ("os",), ("page_views", "requests", "visitors")),
    Section("browsers", "Browsers", f.DEVICES, ("browser",), ("page_views", "requests", "visitors")),
    Section("countries", "Countries", f.COUNTRIES, ("country",), ("page_views", "requests", "visitors", "bytes_sent")),
    Section("bots", "Bots", f.BOTS, ("bot_name", "bot_category"), ("requests", "bytes_sent", "status_4xx", "status_5xx"),
            only=_BOTS),
    Section("ai_crawlers", "AI crawlers, searches and agents", f.BOTS, ("bot_name", "bot_category"),
            ("requests", "bytes_sent", "status_4xx", "status_5xx"), only="traffic_type = 'AI Agent'"),
)  # fmt: skip


def sections_of(families: tuple[Family, ...]) -> tuple[Section, ...]:
    """Return the sections of these families: those said here, then one with all figures for each family without any."""
    said = tuple(section for section in _SAID if section.family in families)
    bare = [family for family in families if all(section.family is not family for section in said)]
    return said + tuple(
        Section(family.name, family.meaning, family, family.dimensions, tuple(figures_of(family))) for family in bare
    )


SECTIONS = sections_of((*f.FAMILIES, *s.STORED_FAMILIES))

# What screens draw: by UTC day, and by hour where a period is short.
SERIES = (
    *(Section(f"traffic_{name}", f"Traffic by {word}", f.TRAFFIC, (by,), (
        "requests", "page_views", "visitors", "error_ratio", "bot_requests", "duration_p95_ms"), is_series=True)
      for name, word, by in (("days", "day", "window_date"), ("hours", "hour", "window_hour"))),
    Section("orders_days", "Orders by day", shop.ORDERS, ("window_date",), ("orders", "revenue"), is_series=True),
    Section("sessions_days", "Sessions by day", s.SESSION_ROWS, ("window_date",), ("sessions", "conversion_ratio"),
            is_series=True),
)  # fmt: skip
