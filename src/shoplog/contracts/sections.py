"""The report's sections, said once: which family, by what, which figures, in which order. A family without one gets its own."""

from __future__ import annotations

from dataclasses import dataclass

from shoplog.contracts import families as f
from shoplog.contracts.channels import AI_ASSISTANTS
from shoplog.contracts.duckdb_sql import figure_sql
from shoplog.contracts.metrics import WITHOUT_VISITOR
from shoplog.contracts.model import Family, Metric
from shoplog.contracts.people import REGULAR
from shoplog.contracts.ratios import COUNTED, RATIOS

MONEY = "site currency"
_BOTS = f"traffic_type != '{REGULAR}'"
_DURATIONS = ("duration_p50_ms", "duration_p95_ms", "duration_p99_ms")


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a section: `sql` reads it of the family's added-up partials. `is_count`: 0 where no row is."""

    name: str
    sql: str
    unit: str
    meaning: str
    is_count: bool


@dataclass(frozen=True, slots=True)
class Section:
    """One table of the report. `only` chooses rows, `at_least` groups (SQL over added-up partials).

    Rows come by the first figure, most first.
    """

    name: str
    title: str
    family: Family
    by: tuple[str, ...]
    figures: tuple[str, ...]
    only: str = ""
    at_least: str = ""


def figures_of(family: Family) -> dict[str, Figure]:
    """Return every figure that can be read of a family, by name; histograms are read by their percentiles alone."""
    counted = COUNTED.get(family.name, {})
    # What is counted over merged rows is read by its name.
    found = [Figure(name, name, unit, meaning, unit != MONEY) for name, (_, unit, meaning) in counted.items()]
    for metric in family.metrics if not counted else ():
        if metric.type == "binary":
            meaning = f"{metric.meaning}; null where the salts were dead; over several days a person counts once a day"
            found.append(
                Figure(metric.figure_name or metric.name, _known_people(family, metric), metric.unit, meaning, True)
            )
        elif metric.type != "array<bigint>":
            found.append(Figure(metric.name, metric.name, metric.unit, metric.meaning, metric.type == "bigint"))
    for name, (sql, unit, meaning) in RATIOS.get(family.name, {}).items():
        found.append(
            Figure(name, f"({sql})::decimal(18,2)" if unit == MONEY else sql, unit, meaning, unit == "requests")
        )
    return {figure.name: figure for figure in found}


def _known_people(family: Family, sketch: Metric) -> str:
    """Return the SQL of an estimate that is null where it is 0 only because nobody could be told from anybody else."""
    estimate = figure_sql(sketch, sketch.name)
    if WITHOUT_VISITOR in family.metrics:
        return f"case when {WITHOUT_VISITOR.name} = 0 then {estimate} else nullif({estimate}, 0) end"
    return f"nullif({estimate}, 0)"


_SAID = (
    Section("traffic", "Traffic", f.TRAFFIC, (), (
        "requests", "page_views", "visitors", "bytes_sent", "availability", "error_ratio", "client_error_ratio",
        "server_error_ratio", "bot_requests", "bot_ratio", "ai_requests", "ai_ratio", "without_visitor", *_DURATIONS,
        "timed_requests")),
    Section("orders", "Orders", f.ORDERS, (), (
        "orders", "revenue", "average_order_value", "orders_without_value", "confirmations")),
    Section("events", "Shop events", f.EVENTS, ("event_name",), ("events", "visitors")),
    Section("products", "Products", f.PRODUCTS, ("item_id", "item_category"), (
        "item_views", "cart_adds", "cart_removes", "item_purchases", "view_to_cart_ratio", "cart_to_order_ratio")),
    Section("categories", "Categories", f.PRODUCTS, ("item_category",), (
        "item_views", "cart_adds", "cart_removes", "item_purchases", "view_to_cart_ratio", "cart_to_order_ratio")),
    Section("searches", "Searches in the shop", f.SEARCHES, ("search_term",), ("searches",)),
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


SECTIONS = sections_of(f.FAMILIES)
