"""Shares, means and percentiles, said once: read of a family's figures after adding up whatever windows, never added up.

Each is name -> (SQL, unit, meaning), as `SESSION_RATIOS`, and null where nothing is there to divide by.
"""

from __future__ import annotations

from shoplog.contracts.families import PAGES, TRAFFIC
from shoplog.contracts.session_figures import SESSION_RATIOS, SESSIONS
from shoplog.contracts.shop_families import ORDERS, PRODUCTS

Ratio = tuple[str, str, str]

_DURATIONS: dict[str, Ratio] = {
    "timed_requests": (
        "coalesce(list_sum(duration_histogram), 0)::bigint",
        "requests",
        "requests whose duration the log has",
    ),
    **{
        f"duration_p{n}_ms": (
            f"percentile_ms(duration_histogram, 0.{n})",
            "ms",
            f"{n} % of the timed requests were answered within it; read of the buckets, so within a bucket's width",
        )
        for n in (50, 95, 99)
    },
}
_ERROR_RATIO = "(status_4xx + status_5xx) / nullif(requests, 0)"
# Counted over merged rows, where a row of the family is one thing.
COUNTED: dict[str, dict[str, Ratio]] = {
    ORDERS.name: {
        "orders": ("count(*)", "orders", "orders, each (site, order_id) once however often it was confirmed"),
        "orders_without_value": ("count_if(order_value is null)", "orders", "orders whose value is unknown"),
        "revenue": (
            "sum(order_value)::decimal(18,2)",
            "site currency",
            "sum of the orders' known values; null where none is known",
        ),
        "confirmations": (
            "sum(confirmations)::bigint",
            "pages",
            "times that a confirmation was shown, reloads included",
        ),
    },
}
RATIOS: dict[str, dict[str, Ratio]] = {
    TRAFFIC.name: {
        "availability": (
            "good_responses / nullif(requests, 0)", "ratio", "share of requests answered without a server error; 4xx are good"),
        "error_ratio": (_ERROR_RATIO, "ratio", "share of requests answered 4xx or 5xx"),
        "client_error_ratio": ("status_4xx / nullif(requests, 0)", "ratio", "share of requests answered 4xx"),
        "server_error_ratio": ("status_5xx / nullif(requests, 0)", "ratio", "share of requests answered 5xx"),
        "bot_ratio": ("bot_requests / nullif(requests, 0)", "ratio", "share of bots, of all accepted requests"),
        "ai_ratio": ("ai_requests / nullif(requests, 0)", "ratio", "share of AI agents, of all accepted requests"),
        **_DURATIONS,
    },
    PAGES.name: {"error_ratio": (_ERROR_RATIO, "ratio", "share of the path's requests answered 4xx or 5xx"), **_DURATIONS},
    PRODUCTS.name: {
        "view_to_cart_ratio": ("cart_adds / nullif(item_views, 0)", "ratio", "times put into a cart for each time shown"),
        "cart_to_order_ratio": (
            "item_purchases / nullif(cart_adds, 0)", "ratio", "confirmed orders that name the item for each time put into a cart"),
    },
    ORDERS.name: {"average_order_value": SESSION_RATIOS["average_order_value"]},
    SESSIONS.name: SESSION_RATIOS,
    "funnel": {
        "of_first_step_ratio": (
            "sessions / nullif(max(sessions) over (partition by site), 0)", "ratio",
            "share of the sessions that reached the first step"),
    },
}  # fmt: skip
