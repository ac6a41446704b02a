"""What the events of one true session add up to: carts, checkout, orders, times; each order stands among them once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from shoplog.contracts.sessions import CHECKOUT_STEPS

Row = dict[str, Any]
TIMED = {
    "view": ("view_item",),
    "add": ("add_to_cart",),
    "checkout": CHECKOUT_STEPS[:-1],
    "purchase": ("purchase",),
}


def carts(events: list[Row]) -> Row:
    """Return what became of carts: a cart is its items, from the first that is put into it until it is empty or bought."""
    cart: list[str] = []
    created = emptied = transacted = 0
    for event in events:
        if event["event"] == "add_to_cart":
            created += not cart
            cart += [event["item_id"]] if event["item_id"] not in cart else []
        elif event["event"] == "remove_from_cart" and cart:
            cart.remove(event["item_id"] if event["item_id"] in cart else cart[-1])
            emptied += not cart
        elif event["event"] == "purchase" and cart:
            transacted += 1
            cart = []
    return {
        "carts_created": created, "carts_emptied": emptied, "carts_transacted": transacted,
        "carts_abandoned": created - emptied - transacted,
        "is_cart_abandoned": transacted < created if created else None,
    }  # fmt: skip


def checkout(events: list[Row]) -> Row:
    """Return how far the checkout went and what was ordered."""
    orders = [event for event in events if event["event"] == "purchase"]
    known = [event["cents"] for event in orders if event["cents"]]
    step = max((CHECKOUT_STEPS.index(e["event"]) + 1 for e in events if e["event"] in CHECKOUT_STEPS), default=0)
    return {
        "furthest_checkout_step": step,
        "furthest_checkout_step_name": CHECKOUT_STEPS[step - 1] if step else None,
        "checkout_succeeded": bool(orders) if step else None,
        "orders": len(orders),
        "orders_without_value": len(orders) - len(known),
        "revenue": Decimal(sum(known)) / 100 if known else None,
    }


def times(events: list[Row]) -> Row:
    """Return the first and the last time of each kind of event."""
    made = {}
    for what, names in TIMED.items():
        found = [event["time"] for event in events if event["event"] in names]
        made[f"first_{what}_time"], made[f"last_{what}_time"] = min(found, default=None), max(found, default=None)
    return made
