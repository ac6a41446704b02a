"""Sessions, said once: where one starts and ends, its columns and figures, the funnel's kinds, the attribution's models."""

from __future__ import annotations

from shoplog.contracts import columns as c
from shoplog.contracts import metrics
from shoplog.contracts.channels import ORIGIN_COLUMNS
from shoplog.contracts.model import Column
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

ORIGIN = tuple(column.name for column in ORIGIN_COLUMNS)
_AGENT = {column.name: column for column in AGENT}


def whole(name: str, meaning: str) -> Column:
    """Return a count's column."""
    return Column(name, "bigint", meaning, nullable=False)


SESSION = (
    c.SITE,
    Column("session_id", "string", "hash of site, visitor and the identity of the first hit", nullable=False),
    Column("visitor_id", "string", "the visitor's id on the UTC day on which the session starts", nullable=False),
    c.EVENT_DATE,
    Column("session_start", "timestamp", "first hit: a request for a page, or an event", nullable=False),
    Column("session_end", "timestamp", "last hit", nullable=False),
    whole("duration_s", "whole seconds from first to last hit; 0 for one hit"),
    whole("pages", "page views: GET, page_class page, answered 2xx or 304"),
    whole("events", "shop events"),
    whole("requests", "hits, and the other requests up to 30 minutes after one"),
    whole("bytes_sent", "response body bytes of these requests"),
    Column("entry_page", "string", "path of the first page view; null without one"),
    Column("exit_page", "string", "path of the last page view; null without one"),
    Column("is_bounce", "boolean", "one page view at most and no event of value", nullable=False),
    Column("is_engaged", "boolean", "10 seconds, 2 page views or an event of value (as GA4)", nullable=False),
    *(Column(o.name, "string", f"{o.name} of the first hit that has a channel; null where all come from the site itself",
             allowed=o.allowed) for o in ORIGIN_COLUMNS),
    *(Column(f"last_{o.name}", "string", f"{o.name} of the last touch; null without one", allowed=o.allowed)
      for o in ORIGIN_COLUMNS),
    Column("touches", f"array<struct<touch_time:timestamp,{','.join(f'{name}:string' for name in ORIGIN)}>>",
           "hits with a channel other than Direct, in order; a referral after the checkout began is the way back from a "
           "payment page and no touch", nullable=False),
    Column("country", "string", COUNTRY.meaning),
    _AGENT["device"], _AGENT["os"], _AGENT["browser"],
    Column("event_path", "array<string>", "event names in order, repeats in a row once, orders once", nullable=False),
    whole("item_views", "view_item events"),
    whole("items_viewed", "distinct items of view_item events"),
    whole("searches", "search events"),
    whole("cart_adds", "add_to_cart events"),
    whole("cart_removes", "remove_from_cart events"),
    whole("carts_created", "times that something was put into a cart empty as far as the session shows"),
    whole("carts_emptied", "carts whose last line was taken out; a removal takes a whole line: the item's, else an unknown "
                            "item's, else the newest"),
    whole("carts_transacted", "carts that ended in an order"),
    whole("carts_abandoned", "carts left full at the session's end: created - emptied - transacted"),
    Column("is_cart_abandoned", "boolean", "fewer carts transacted than created; null without a cart (as Snowplow)"),
    whole("furthest_checkout_step", f"0 none, then {', '.join(f'{n} {s}' for n, s in enumerate(CHECKOUT_STEPS, 1))}"),
    Column("furthest_checkout_step_name", "string", "its name", allowed=CHECKOUT_STEPS),
    Column("checkout_succeeded", "boolean", "an order came of it; null where no checkout was tried"),
    whole("orders", "orders, each (site, order_id) in the session that shows it first: shown before on the same or the "
                     "previous UTC day, it does not count; without order_id one for each item_id of the session"),
    whole("orders_without_value", "orders whose first showing has no value"),
    Column("revenue", "decimal(18,2)", "sum of the orders' values; null where none is known; refunds are not taken off"),
    *(Column(f"{end}_{what}_time", "timestamp", f"{end} {meaning}")
      for what, meaning in (("view", "view_item"), ("add", "add_to_cart"), ("checkout", "checkout step before purchase"),
                            ("purchase", "order")) for end in ("first", "last")),
)  # fmt: skip

# Why the nightly's sessions are not those that the live minutes show; see docs/sessions.md.
SESSIONS_DIFFER = "whole minutes, disguised visitors and midnight"
# Live: read from a day of VISITOR_MINUTES.
OPEN_SESSION = (
    c.SITE,
    Column("visitor_id", "string", "the visitor's newest id", nullable=False),
    Column("session_start", "timestamp", "minute of the first view or event", nullable=False),
    Column("session_end", "timestamp", "minute of the last view or event so far", nullable=False),
    whole("pages", "page views so far"),
    whole("events", "shop events so far"),
)
