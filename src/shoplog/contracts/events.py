"""Every shop event, once: its GA4 name and meaning, the funnel's steps, the columns it fills and the rules that find it."""

from __future__ import annotations

from dataclasses import dataclass

from shoplog.contracts.model import Column

EVENTS = {
    "view_item_list": "a list of items was shown: a category, a brand, the whole shop",
    "select_item": "an item was clicked in a list, where a URL of its own says so; the item's page itself is view_item",
    "view_item": "an item's page was shown",
    "add_to_cart": "an item was put into the cart",
    "remove_from_cart": "an item was taken out of the cart",
    "view_cart": "the cart was shown",
    "begin_checkout": "the checkout was opened",
    "add_shipping_info": "the shipping address or method was sent",
    "add_payment_info": "the payment was sent; whether it went through is told by purchase",
    "purchase": "the page that confirms an order was shown; a reload is a purchase again, with the same order_id",
    "search": "the shop was searched",
    "sign_up": "an account was opened",
    "login": "somebody logged in",
    "refund": "an order was paid back",
}
# A rule with this event ends the search without one: the way to take URLs out that a later rule would count.
NO_EVENT = "none"
# In order; the steps that every shop's URLs show.
FUNNEL = ("view_item", "add_to_cart", "begin_checkout", "purchase")
# What a catalogue's price gives a value to, as price x quantity, when the URL has none.
PRICED = ("add_to_cart", "remove_from_cart", "purchase")

# What a rule may take out of a URL, and the most characters kept of it (after decoding; the rest is cut).
FIELDS = {
    "item_id": 128,
    "order_id": 128,
    "value": 32,
    "currency": 3,
    "quantity": 16,
    "coupon": 64,
    "search_term": 256,
    "category": 256,
}
# A longer URL is no event: no browser sends one, and common servers refuse lines above 8 KiB.
MAX_URL_BYTES = 8192

EVENT_NAME = Column(
    "event_name", "string", "GA4 name of the shop event; null for other requests", allowed=tuple(EVENTS)
)
ITEM_ID = Column("item_id", "string", "the item, as the catalogue names it, else as the URL does")
ORDER_ID = Column("order_id", "string", "the order; orders and revenue count each (site, order_id) once")
VALUE = Column(
    "value", "decimal(18,2)",
    "money in the site's currency: as the URL has it, else price x quantity of the catalogue; null, never 0, if unknown",
)  # fmt: skip
QUANTITY = Column("quantity", "int", "pieces of the item; null where the URL does not tell")
COUPON = Column("coupon", "string", "voucher code")
SEARCH_TERM = Column("search_term", "string", "what was searched for")
ITEM_CATEGORY = Column("item_category", "string", "the item's category in the catalogue, else the one in the URL")
EVENT_COLUMNS = (EVENT_NAME, ITEM_ID, ORDER_ID, VALUE, QUANTITY, COUPON, SEARCH_TERM, ITEM_CATEGORY)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: which requests are the event and where its fields stand. All patterns match whole texts (Rust syntax).

    `where` are query parameters and the pattern each must match (an absent one counts as empty), `query` are fields and
    the parameter that holds each; further fields are named groups of `path`. `quantity` is meant where the URL has none.
    """

    event: str
    path: str
    methods: tuple[str, ...] = ("GET",)
    statuses: tuple[str, ...] = ("2xx", "3xx")
    where: tuple[tuple[str, str], ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    quantity: int | None = None
    source: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A site's rules in the order in which they are tried; the first that matches wins."""

    name: str
    version: int
    rules: tuple[Rule, ...]
    currency: str
