"""The live page's tables, of this hour and the one before, and its orders of the UTC day; rows are ready for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import polars as pl

from dashboard.read_model.plain import plain_text
from dashboard.read_model.recent import Recent, day_of, hour_of
from shoplog.contracts.duckdb_sql import merge_sql
from shoplog.contracts.events import FUNNEL
from shoplog.contracts.families import BOTS, COUNTRIES, ERRORS, PAGES, SOURCES
from shoplog.contracts.figures import figures_of
from shoplog.contracts.metrics import DURATIONS
from shoplog.contracts.model import Family
from shoplog.contracts.sections import SECTIONS
from shoplog.contracts.shop_families import EVENTS, ORDERS, PRODUCTS
from shoplog.io.duck import estimate_visitors, rows_of
from shoplog.report.query import section_query
from shoplog.report.question import Question, Span

# Every message to every viewer carries them.
PATH_CHARACTERS, _TOP_PAGES, _ROWS = 200, 10, 6
# What is slow, a bot or an order is said by the report's sections.
_SLOW_SECTION, _BOTS_SECTION, _ORDERS_SECTION = (
    next(section for section in SECTIONS if section.name == name) for name in ("slow_pages", "bots", "orders")
)
# Before that an hour says little of where things go.
_MOVES_AFTER = timedelta(minutes=5)


def tables(
    recent: Recent, connection: duckdb.DuckDBPyConnection, newest: datetime, until: datetime
) -> dict[str, list[dict[str, Any]]]:
    """Return each table's first rows, most first, as of `until`; `change` is this hour's rate beside that of the hour before."""
    pages = _moving(recent[PAGES.name], ["path"], ["requests"], newest, until, _TOP_PAGES)
    items = _moving(recent[PRODUCTS.name], ["item_id", "item_category"], ["item_views", "cart_adds"], newest, until)
    return {
        "pages": pages,
        "products": items,
        "errors": _top(recent, ERRORS, ["http_status", "path"], ["requests"]),
        "slow_pages": _slow(recent[PAGES.name], connection),
        "sources": _top(recent, SOURCES, ["channel", "source"], ["landings"]),
        "countries": _top(recent, COUNTRIES, ["country"], ["requests", "page_views"]),
        "bots": _top(recent, BOTS, ["bot_name", "bot_category"], ["requests"], pl.sql_expr(_BOTS_SECTION.only)),
    }


def funnel_now(recent: Recent) -> list[dict[str, Any]]:
    """Return for each step of the funnel its events, and the visitors who did it (estimated), this hour and the one before."""
    found = []
    for name in FUNNEL:
        rows = recent[EVENTS.name].filter(pl.col("event_name") == name)
        visitors = estimate_visitors(rows["visitors_sketch"].to_list())
        found.append({"event_name": name, "events": int(rows["events"].sum()), "visitors": visitors})
    return found


def orders_of_day(
    recent: Recent, connection: duckdb.DuckDBPyConnection, newest: datetime, currencies: Mapping[str, str]
) -> dict[str, Any]:
    """Return the UTC day's orders, those without a known value, and revenue by currency as text, as the report counts them."""
    day, rows = day_of(newest).date(), recent[ORDERS.name]
    connection.register("orders_rows", rows.with_columns(pl.lit(day).alias("window_date")).to_arrow())
    sites = rows["site"].unique().to_list()
    found = rows_of(connection.execute(*section_query(_ORDERS_SECTION, Question(Span(day, day)), sites)))
    revenue: dict[str | None, Decimal] = {}
    for row in found:
        if row["revenue"] is not None:
            currency = currencies.get(row["site"])
            revenue[currency] = revenue.get(currency, Decimal(0)) + row["revenue"]
    by_name = sorted(revenue.items(), key=lambda one: one[0] or "")
    return {
        **{name: sum(row[name] for row in found) for name in ("orders", "orders_without_value")},
        "revenue": [{"currency": currency, "value": str(value)} for currency, value in by_name],
    }


def _top(
    recent: Recent, family: Family, by: list[str], figures: list[str], only: pl.Expr | None = None
) -> list[dict[str, Any]]:
    rows = recent[family.name] if only is None else recent[family.name].filter(only)
    return _shown(rows.group_by(by).agg(pl.col(figures).sum()), by, figures[0], _ROWS)


def _moving(
    rows: pl.DataFrame, by: list[str], figures: list[str], newest: datetime, until: datetime, most: int = _ROWS
) -> list[dict[str, Any]]:
    """Return rows with `change`: null in an hour's first minutes, and where the hour before has none."""
    hour, first = hour_of(newest), figures[0]
    passed = until - hour
    is_now = pl.col("window_start") >= hour
    now, before = (pl.col(first).filter(is_this).sum() for is_this in (is_now, ~is_now))
    rate = now / (passed / timedelta(hours=1)) if passed >= _MOVES_AFTER else pl.lit(None, pl.Float64)
    change = pl.when(before > 0).then(rate / before - 1).round(3).alias("change")
    return _shown(rows.group_by(by).agg(pl.col(figures).sum(), change), by, first, most)


def _slow(pages: pl.DataFrame, connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Return the slowest paths by the 95th percentile, of those with ten timed requests or more."""
    if not pages[DURATIONS.name].list.sum().sum():
        return []
    known = figures_of(PAGES)
    figures = ", ".join(f"{known[name].sql} as {name}" for name in ("duration_p95_ms", "timed_requests"))
    connection.register("live_pages", pages.select("path", DURATIONS.name).to_arrow())
    added = f"select path, {merge_sql(DURATIONS)} as {DURATIONS.name} from live_pages group by path"
    slow = f"select path, {figures} from ({added}) where {_SLOW_SECTION.at_least}"
    found = connection.sql(slow).pl().with_columns(pl.col("duration_p95_ms").round(1))
    return _shown(found, ["path"], "duration_p95_ms", _ROWS)


def _shown(rows: pl.DataFrame, by: list[str], first: str, most: int) -> list[dict[str, Any]]:
    ordered = rows.sort(first, *by, descending=[True, *(False for _ in by)], nulls_last=True).head(most)
    return [
        {name: plain_text(value, PATH_CHARACTERS) if isinstance(value, str) else value for name, value in row.items()}
        for row in ordered.iter_rows(named=True)
    ]
