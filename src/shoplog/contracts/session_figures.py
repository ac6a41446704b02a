"""What is added up from sessions: figures and ratios per hour, the funnel's steps, orders by origin, requests by share."""

from __future__ import annotations

from shoplog.contracts import columns as c
from shoplog.contracts.channels import ORIGIN_COLUMNS
from shoplog.contracts.metrics import BYTES_SENT, REQUESTS
from shoplog.contracts.model import Column, Family, Metric
from shoplog.contracts.sessions import ATTRIBUTION_MODELS, FUNNEL_KINDS, REQUEST_SHARES, whole

FUNNEL_STEP = (
    c.SITE,
    c.EVENT_DATE,
    Column("kind", "string", "how the steps must follow", nullable=False, allowed=tuple(FUNNEL_KINDS)),
    Column("step", "int", "place of the step, from 1", nullable=False),
    Column("event_name", "string", "GA4 name of the step's event", nullable=False),
    whole("sessions", "sessions that start on the day and reached the step"),
)
ATTRIBUTION = (
    c.SITE,
    c.EVENT_DATE,
    Column("model", "string", "which touch an order is credited to", nullable=False, allowed=tuple(ATTRIBUTION_MODELS)),
    *ORIGIN_COLUMNS,
    whole("orders", "orders of the day's sessions"),
    whole("orders_without_value", "orders whose first showing has no value"),
    Column("revenue", "decimal(18,2)", "sum of the orders' values; null where none is known"),
)
REQUEST_BALANCE = (
    c.SITE,
    c.EVENT_DATE,
    whole("requests", "accepted lines of the UTC day"),
    *(whole(name, meaning) for name, meaning in REQUEST_SHARES.items()),
)


def _sum(name: str, sql: str, unit: str, meaning: str) -> Metric:
    return Metric(name, "bigint", sql, f"sum({name})", unit, meaning)


def _added(metric: Metric) -> Metric:
    return _sum(metric.name, f"sum({metric.name})", metric.unit, f"{metric.meaning}, in sessions")


SESSIONS = Family(
    "sessions",
    "gold_sessions_1h",
    60,
    (),
    (
        _sum("sessions", "count(*)", "sessions", "sessions of people"),
        _sum("bounces", "count(*) filter (where is_bounce)", "sessions", "sessions with is_bounce"),
        _sum("engaged_sessions", "count(*) filter (where is_engaged)", "sessions", "sessions with is_engaged"),
        _sum("converted_sessions", "count(*) filter (where orders > 0)", "sessions", "sessions with an order"),
        _sum("cart_sessions", "count(*) filter (where carts_created > 0)", "sessions", "sessions that created a cart"),
        _sum("cart_abandoned_sessions", "count(*) filter (where is_cart_abandoned)", "sessions", "sessions with is_cart_abandoned"),
        _sum("checkout_sessions", "count(*) filter (where furthest_checkout_step > 0)", "sessions",
             "sessions that tried a checkout"),
        *(_sum(name, f"sum({name})", name.partition("_")[0], f"{name.replace('_', ' ')} of the sessions")
          for name in ("pages", "events", "searches", "carts_created", "carts_emptied", "carts_transacted",
                       "carts_abandoned", "orders", "orders_without_value")),
        _added(REQUESTS),
        _added(BYTES_SENT),
        _sum("duration_s", "sum(duration_s)", "s", "whole seconds from first to last hit, added up"),
        Metric("revenue", "decimal(18,2)", "sum(revenue)", "sum(revenue)", "site currency",
               "sum of the orders' values; null where none is known"),
    ),
    "sessions of a site per hour in which they start",
    of="true",
    time="session_start",
)  # fmt: skip
# Read from SESSIONS after adding up whatever windows; null where nothing is there to divide by. name -> (SQL, unit, meaning)
SESSION_RATIOS = {
    "bounce_ratio": ("bounces / nullif(sessions, 0)", "ratio", "share of sessions that bounce"),
    "engaged_ratio": ("engaged_sessions / nullif(sessions, 0)", "ratio", "share of sessions that are engaged"),
    "conversion_ratio": ("converted_sessions / nullif(sessions, 0)", "ratio", "share of sessions with an order"),
    "cart_abandonment_ratio": (
        "cart_abandoned_sessions / nullif(cart_sessions, 0)", "ratio", "share of sessions with a cart that abandon one"),
    "pages_per_session": ("pages / nullif(sessions, 0)", "pages", "page views of a session on average"),
    "mean_duration_s": ("duration_s / nullif(sessions, 0)", "s", "mean duration; sessions of one hit count with 0"),
    "average_order_value": (
        "revenue / nullif(orders - orders_without_value, 0)", "site currency", "revenue of an order whose value is known"),
}  # fmt: skip
