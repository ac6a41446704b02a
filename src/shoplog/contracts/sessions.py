"""Sessions, said once: where one starts and ends, its columns and figures, the funnel's kinds, the attribution's models."""

from __future__ import annotations

from shoplog.contracts import columns as c
from shoplog.contracts import metrics
from shoplog.contracts.channels import CHANNEL
from shoplog.contracts.metrics import BYTES_SENT, REQUESTS
from shoplog.contracts.model import Column, Family, Metric
from shoplog.contracts.people import AGENT, COUNTRY

GAP_MINUTES = 30
CAP_HOURS = 24
# In force in this order. The third lets two days of hits tell where the sessions of a day start, however long a visitor
# goes on: without it, a page that reloads itself for a week would ask for all hits of that week.
BOUNDARIES = {
    "gap": "a hit more than 30 minutes after the one before starts a session; 30:00 does not",
    "full_day": "hits that filled the previous UTC day without a gap (one of them before 00:30) are cut at midnight",
    "cap": "a hit 24 hours or more after the first of the run that gap and full_day leave starts a session",
}
# Who a request is of, in this order; only people's hits make sessions. The five add up to `requests`.
REQUEST_SHARES = {
    "not_people": "traffic_type is not Regular",
    "without_visitor": "people's, but the salt was dead: no visitor id, so no session",
    "disguised": "of a visitor that behaves like a program",
    "outside_sessions": "people's, in no session: files and data without a page in the half hour before, pages that failed",
    "in_sessions": "people's, in a session that starts on this day or on the day before",
}
# SQL conditions on a request. A hit moves a session on; only views and events make one.
HIT = "page_class = 'page' or event_name is not null"
PAGE_VIEW = metrics.PAGE_VIEW

FUNNEL = ("view_item", "add_to_cart", "begin_checkout", "purchase")
FUNNEL_KINDS = {
    "sequential": "each step after the one before; anything may lie between",
    "strict": "each step after the one before, without an event of another step between; the same step again is none",
    "flexible": "this step and all before it, in any order",
}
CHECKOUT_STEPS = ("begin_checkout", "add_shipping_info", "add_payment_info", "purchase")
EVENTS_OF_VALUE = ("add_to_cart", *CHECKOUT_STEPS, "sign_up")
DIRECT = "Direct"
ATTRIBUTION_MODELS = {
    "first": "the visitor's first non-direct touch of the UTC day, up to the session's first order; else Direct",
    "last": "the visitor's last non-direct touch of the UTC day, up to the session's first order; else Direct",
}

_ORIGIN = CHANNEL[:4]  # channel, source, medium, campaign
ORIGIN = tuple(column.name for column in _ORIGIN)
_AGENT = {column.name: column for column in AGENT}


def _count(name: str, meaning: str) -> Column:
    return Column(name, "bigint", meaning, nullable=False)


SESSION = (
    c.SITE,
    Column("session_id", "string", "hash of site, visitor and the identity of the first hit", nullable=False),
    Column("visitor_id", "string", "the visitor's id on the UTC day on which the session starts", nullable=False),
    c.EVENT_DATE,
    Column("session_start", "timestamp", "first hit: a request for a page, or an event", nullable=False),
    Column("session_end", "timestamp", "last hit", nullable=False),
    _count("duration_s", "whole seconds from first to last hit; 0 for one hit"),
    _count("pages", "page views: GET, page_class page, answered 2xx or 304"),
    _count("events", "shop events"),
    _count("requests", "hits, and the other requests up to 30 minutes after one"),
    _count("bytes_sent", "response body bytes of these requests"),
    Column("entry_page", "string", "path of the first page view; null without one"),
    Column("exit_page", "string", "path of the last page view; null without one"),
    Column("is_bounce", "boolean", "one page view at most and no event of value", nullable=False),
    Column("is_engaged", "boolean", "10 seconds, 2 page views or an event of value (as GA4)", nullable=False),
    *(Column(o.name, "string", f"{o.name} of the first hit that has a channel; null where all come from the site itself",
             allowed=o.allowed) for o in _ORIGIN),
    *(Column(f"last_{o.name}", "string", f"{o.name} of the last touch; null without one", allowed=o.allowed) for o in _ORIGIN),
    Column("touches", f"array<struct<touch_time:timestamp,{','.join(f'{name}:string' for name in ORIGIN)}>>",
           "hits with a channel other than Direct, in order; a referral after the checkout began is the way back from a "
           "payment page and no touch", nullable=False),
    Column("country", "string", COUNTRY.meaning),
    _AGENT["device"], _AGENT["os"], _AGENT["browser"],
    Column("event_path", "array<string>", "event names in order, repeats in a row once, orders once", nullable=False),
    _count("item_views", "view_item events"),
    _count("items_viewed", "distinct items of view_item events"),
    _count("searches", "search events"),
    _count("cart_adds", "add_to_cart events"),
    _count("cart_removes", "remove_from_cart events"),
    _count("carts_created", "times that something was put into a cart empty as far as the session shows"),
    _count("carts_emptied", "carts whose last line was taken out; a removal takes a whole line: the item's, else an unknown "
                            "item's, else the newest"),
    _count("carts_transacted", "carts that ended in an order"),
    _count("carts_abandoned", "carts left full at the session's end: created - emptied - transacted"),
    Column("is_cart_abandoned", "boolean", "fewer carts transacted than created; null without a cart (as Snowplow)"),
    _count("furthest_checkout_step", f"0 none, then {', '.join(f'{n} {s}' for n, s in enumerate(CHECKOUT_STEPS, 1))}"),
    Column("furthest_checkout_step_name", "string", "its name", allowed=CHECKOUT_STEPS),
    Column("checkout_succeeded", "boolean", "an order came of it; null where no checkout was tried"),
    _count("orders", "orders, each (site, order_id) in the session that shows it first: shown before on the same or the "
                     "previous UTC day, it does not count; without order_id one for each item_id of the session"),
    _count("orders_without_value", "orders whose first showing has no value"),
    Column("revenue", "decimal(18,2)", "sum of the orders' values; null where none is known; refunds are not taken off"),
    *(Column(f"{end}_{what}_time", "timestamp", f"{end} {meaning}")
      for what, meaning in (("view", "view_item"), ("add", "add_to_cart"), ("checkout", "checkout step before purchase"),
                            ("purchase", "order")) for end in ("first", "last")),
)  # fmt: skip

FUNNEL_STEP = (
    c.SITE,
    c.EVENT_DATE,
    Column("kind", "string", "how the steps must follow", nullable=False, allowed=tuple(FUNNEL_KINDS)),
    Column("step", "int", "place of the step, from 1", nullable=False),
    Column("event_name", "string", "GA4 name of the step's event", nullable=False),
    _count("sessions", "sessions that start on the day and reached the step"),
)
ATTRIBUTION = (
    c.SITE,
    c.EVENT_DATE,
    Column("model", "string", "which touch an order is credited to", nullable=False, allowed=tuple(ATTRIBUTION_MODELS)),
    *_ORIGIN,
    _count("orders", "orders of the day's sessions"),
    _count("orders_without_value", "orders whose first showing has no value"),
    Column("revenue", "decimal(18,2)", "sum of the orders' values; null where none is known"),
)
REQUEST_BALANCE = (
    c.SITE,
    c.EVENT_DATE,
    _count("requests", "accepted lines of the UTC day"),
    *(_count(name, meaning) for name, meaning in REQUEST_SHARES.items()),
)

# Why the nightly's sessions are not those that the live minutes show; see docs/sessions.md.
SESSIONS_DIFFER = "whole minutes, disguised visitors and midnight"
# Live: read from a day of VISITOR_MINUTES.
OPEN_SESSION = (
    c.SITE,
    Column("visitor_id", "string", "the visitor's newest id", nullable=False),
    Column("session_start", "timestamp", "minute of the first view or event", nullable=False),
    Column("session_end", "timestamp", "minute of the last view or event so far", nullable=False),
    _count("pages", "page views so far"),
    _count("events", "shop events so far"),
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
