"""The tables of visits: who came, what each session did, and what became of it; recomputed, final a day later."""

from __future__ import annotations

from dataclasses import replace

from shoplog.contracts import columns as c
from shoplog.contracts.gold import gold_table, partial_columns
from shoplog.contracts.model import Column, Table
from shoplog.contracts.people import AGENT, BEHAVIOUR
from shoplog.contracts.session_figures import ATTRIBUTION, FUNNEL_STEP, REQUEST_BALANCE, SESSIONS
from shoplog.contracts.sessions import ORIGIN, SESSION, whole

_DAY = ("event_date",)
_ADDED_UP = (
    "session_start", "session_end", "pages", "requests", "bytes_sent", "entry_page", "exit_page", "events", "cart_adds",
    "cart_removes", "searches", "item_views",
)  # fmt: skip
_BOT = tuple(column for column in AGENT if column.name in ("traffic_type", "bot_category", "bot_name"))

GOLD_DISGUISED = Table(
    "gold_disguised_1d",
    (c.SITE, c.EVENT_DATE, c.VISITOR_ID, *_BOT, *BEHAVIOUR),
    "recompute",
    "a visitor with a person's user agent that behaves like a program; its requests are in no session",
    _DAY,
    ("site", "visitor_id"),
)
SILVER_SESSION = Table("silver_session", SESSION, "recompute", "one session of a person", _DAY, ("site", "session_id"))
GOLD_SESSIONS = gold_table(SESSIONS, {})
GOLD_FUNNEL = Table(
    "gold_funnel_1d", FUNNEL_STEP, "recompute", "sessions that reached each step of the funnel", _DAY,
    ("site", "kind", "step"),
)  # fmt: skip
GOLD_ATTRIBUTION = Table(
    "gold_attribution_1d", ATTRIBUTION, "recompute", "orders and revenue by the origin they are credited to", _DAY,
    ("site", "model", *ORIGIN),
)  # fmt: skip
GOLD_REQUEST_BALANCE = Table(
    "gold_request_balance_1d", REQUEST_BALANCE, "recompute", "requests by what sessions make of them", _DAY, ("site",)
)
GOLD_VISITORS = Table(
    "gold_visitors_1d",
    (
        c.SITE, c.EVENT_DATE,
        Column("exact_visitors", "bigint", "distinct visitor ids of people, counted", nullable=False),
        Column("disguised_visitors", "bigint", "of these: visitors that behave like a program", nullable=False),
    ),
    "recompute",
    "exact visitors of a site and UTC day, beside the estimate `visitors`",
    _DAY,
    ("site",),
)  # fmt: skip
SILVER_LOGIN = Table(
    "silver_login_1d",
    (c.SITE, c.EVENT_DATE, c.LOGIN_ID, Column("requests", "bigint", "its requests on the day", nullable=False)),
    "recompute",
    "a login that was there on a UTC day, where the server logs user names",
    _DAY,
    ("site", "login_id"),
)

# Of a day and of the day before, whose last sessions may run over midnight.
OF_SESSIONS = (SILVER_SESSION, GOLD_SESSIONS, GOLD_FUNNEL, GOLD_ATTRIBUTION, GOLD_REQUEST_BALANCE)
OF_VISITORS = (GOLD_DISGUISED, GOLD_VISITORS)
VISIT_TABLES = (*OF_SESSIONS, *OF_VISITORS)

# Never stored: what sessions and the balance are made of.
_EVENT = "struct<event_time:timestamp,event_name:string,item_id:string,order_id:string,value:decimal(18,2)>"
_TOUCH = f"struct<event_time:timestamp,place:bigint,{','.join(f'{name}:string' for name in ORIGIN)}>"
_OPENING = "struct<host:string,file:string,byte_offset:bigint,country:string,device:string,os:string,browser:string>"
VISIT = Table(
    "visit",
    (
        c.SITE, c.VISITOR_ID,
        whole("number", "how many starts of a session the visitor's requests have up to here; 0 before the first"),
        Column("start", "timestamp", "the hit that starts it"),
        whole("requests_of_day", "requests of the UTC day"),
        whole("inside_of_day", "of these: hits, and others up to a gap after one"),
        Column("is_session", "boolean", "has a page view or an event", nullable=False),
        *(replace(column, nullable=True) for column in SESSION if column.name in _ADDED_UP),
        Column("opening", _OPENING, "the first hit"),
        Column("all_events", f"array<{_EVENT}>", "events in order, without orders that were shown before"),
        Column("all_touches", f"array<{_TOUCH}>", "hits with a channel other than Direct, in order"),
        Column("direct", _TOUCH, "the first hit whose channel is Direct"),
        Column("checkout_time", "timestamp", "the first event of a checkout"),
    ),
    "recompute",
    "a visitor's requests from one start of a session to the next",
)  # fmt: skip
# Never stored: what the session figures are added up from.
SESSION_PARTIAL = Table("session_partial", partial_columns((SESSIONS,), {}), "recompute", "partials of sessions")
