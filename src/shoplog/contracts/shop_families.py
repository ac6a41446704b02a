"""Families of what people do in a shop: its events, products, orders and searches."""

from __future__ import annotations

from shoplog.contracts.metrics import PERSON, VISITORS, count
from shoplog.contracts.model import Family, Metric

EVENTS = Family(
    "events",
    "gold_events_1h",
    60,
    ("event_name",),
    (count("events", "count(*)", "events", "shop events of people"), VISITORS),
    "people's shop events by name, per hour: the funnel's steps and everything beside them",
    of=f"fate = 'accepted' and event_name is not null and {PERSON}",
)


def _event(name: str, event: str, meaning: str) -> Metric:
    return count(name, f"count(*) filter (where event_name = '{event}')", "events", meaning)


PRODUCTS = Family(
    "products",
    "gold_products_1h",
    60,
    ("item_id", "item_category"),
    (
        _event("item_views", "view_item", "times that people were shown the item's page"),
        _event("cart_adds", "add_to_cart", "times that people put the item into a cart"),
        _event("cart_removes", "remove_from_cart", "times that people took the item out of a cart"),
        _event("item_purchases", "purchase", "confirmed orders that name the item, reloads included"),
    ),
    "what people did with each item, per hour",
    of=f"fate = 'accepted' and item_id is not null and {PERSON}",
)
ORDERS = Family(
    "orders",
    "gold_orders_1d",
    1440,
    ("order_id",),
    (
        count("confirmations", "count(*)", "pages", "times that the order's confirmation was shown"),
        Metric(
            "order_value",
            "decimal(18,2)",
            "max(value)",
            "max(order_value)",
            "site currency",
            "the order's value in the site's currency, once however often it was confirmed; null where unknown",
        ),
    ),
    "orders per UTC day: one row is one order, so that orders are counted and revenue is added up once each",
    of="fate = 'accepted' and event_name = 'purchase' and order_id is not null",
)
SEARCHES = Family(
    "searches",
    "gold_searches_1h",
    60,
    ("search_term",),
    (count("searches", "count(*)", "searches", "times that people searched the shop for the term"),),
    "what people searched for, per hour",
    of=f"fate = 'accepted' and event_name = 'search' and {PERSON}",
)
