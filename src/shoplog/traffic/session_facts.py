"""What one true session adds up to: views, requests, origin, by the words of `contracts/sessions.py`."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import polars as pl

from shoplog.contracts.sessions import CHECKOUT_STEPS, EVENTS_OF_VALUE, ORIGIN
from shoplog.traffic.event_facts import TIMED, carts, checkout, times

Row = dict[str, Any]
_TIME = pl.Datetime("us", "UTC")
_TOUCH = pl.Struct({"touch_time": _TIME, **dict.fromkeys(ORIGIN, pl.String)})
_COUNTS = (
    "pages", "events", "requests", "bytes_sent", "duration_s", "item_views", "items_viewed", "searches", "cart_adds",
    "cart_removes", "carts_created", "carts_emptied", "carts_transacted", "carts_abandoned", "furthest_checkout_step", "orders",
    "orders_without_value", "visitor",
)  # fmt: skip
_TEXTS = (
    "site", "entry_page", "exit_page", *ORIGIN, *(f"last_{name}" for name in ORIGIN), "country", "device", "os", "browser",
    "furthest_checkout_step_name",
)  # fmt: skip
FIELDS: dict[str, Any] = {
    **dict.fromkeys(_TEXTS, pl.String),
    **dict.fromkeys(_COUNTS, pl.Int64),
    **dict.fromkeys(("is_bounce", "is_engaged", "is_cart_abandoned", "checkout_succeeded"), pl.Boolean),
    **dict.fromkeys(("session_start", "session_end"), _TIME),
    **{f"{end}_{what}_time": _TIME for what in TIMED for end in ("first", "last")},
    "event_date": pl.Date,
    "revenue": pl.Decimal(18, 2),
    "event_path": pl.List(pl.String),
    "touches": pl.List(_TOUCH),
    # The day of each request, for the balance of requests.
    "days_of_requests": pl.List(pl.Date),
}


def facts_of(lines: list[Row]) -> Row:
    """Return a session's facts from its lines in their order; an order shown again has `again`."""
    hits = [line for line in lines if line["page_class"] == "page" or line["event"]]
    views = [line for line in lines if _is_view(line)]
    all_events = [line for line in lines if line["event"]]
    events = [line for line in all_events if not line["again"]]
    names = [event["event"] for event in events]
    seconds = hits[-1]["second"] - hits[0]["second"]
    of_value = any(name in EVENTS_OF_VALUE for name in names)
    return {
        "site": hits[0]["site"], "visitor": hits[0]["visitor"], "event_date": hits[0]["day"],
        "session_start": hits[0]["time"], "session_end": hits[-1]["time"], "duration_s": seconds,
        "pages": len(views), "events": len(all_events), "requests": len(lines),
        "bytes_sent": sum(line["bytes_sent"] for line in lines),
        "days_of_requests": [line["day"] for line in lines],
        "entry_page": views[0]["path"] if views else None, "exit_page": views[-1]["path"] if views else None,
        "is_bounce": len(views) <= 1 and not of_value,
        "is_engaged": seconds >= 10 or len(views) >= 2 or of_value,
        "country": None, **{name: hits[0][name] for name in ("device", "os", "browser")},
        "event_path": [name for name, _ in groupby(names)],
        "item_views": names.count("view_item"),
        "items_viewed": len({event["item_id"] for event in events if event["event"] == "view_item"}),
        "searches": names.count("search"),
        "cart_adds": names.count("add_to_cart"), "cart_removes": names.count("remove_from_cart"),
        **_origin(hits), **carts(events), **checkout(events), **times(events),
    }  # fmt: skip


def _is_view(line: Row) -> bool:
    shown = 200 <= line["status"] <= 299 or line["status"] == 304
    return bool(line["method"] == "GET" and line["page_class"] == "page" and shown)


def _origin(hits: list[Row]) -> Row:
    """Return where a session comes from: another site that sends somebody back after the checkout began is no origin."""
    checkouts = [hit["second"] for hit in hits if hit["event"] in CHECKOUT_STEPS]
    began = min(checkouts, default=None)
    sent = [
        hit
        for hit in hits
        if hit["channel"] and not (hit["medium"] == "referral" and began is not None and hit["second"] >= began)
    ]
    touches = [hit for hit in sent if hit["channel"] != "Direct"]
    first, last = sent[0] if sent else {}, touches[-1] if touches else {}
    return {
        **{name: first.get(name) for name in ORIGIN},
        **{f"last_{name}": last.get(name) for name in ORIGIN},
        "touches": [{"touch_time": hit["time"], **{name: hit[name] for name in ORIGIN}} for hit in touches],
    }
