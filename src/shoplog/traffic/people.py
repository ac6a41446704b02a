"""What people do: visits as walks through the shop's pages, told as lists of hits."""

from __future__ import annotations

from dataclasses import dataclass, field

from shoplog.traffic.browser import Browser
from shoplog.traffic.catalogue import CATEGORIES, SEARCHES, Catalogue, Item
from shoplog.traffic.hits import ORDER_MARK, Hit, Visit
from shoplog.traffic.origins import enter

# From a page to the next, with weights; "leave" ends the visit.
_NEXT: dict[str, tuple[tuple[str, ...], tuple[int, ...]]] = {
    "home": (("list", "search", "item", "leave"), (45, 20, 20, 15)),
    "list": (("item", "list", "search", "leave"), (55, 20, 8, 17)),
    "search": (("item", "search", "list", "leave"), (60, 12, 8, 20)),
    "item": (("item", "list", "cart", "lost", "leave"), (30, 25, 16, 2, 27)),
    "cart": (("item", "checkout", "remove", "leave"), (25, 43, 10, 22)),
    "remove": (("item", "checkout", "remove", "leave"), (40, 20, 10, 30)),
    "checkout": (("pay", "leave"), (70, 30)),
    "pay": (("leave", "home"), (80, 20)),
    "lost": (("home", "leave"), (50, 50)),
}


@dataclass(slots=True, kw_only=True)
class Shopper(Browser):
    """Walks one person through the shop."""

    catalogue: Catalogue
    viewed: Item | None = None
    cart: list[Item] = field(default_factory=list)

    def walk(self) -> Visit:
        """Return the visit, from the entry page until the person leaves."""
        self.referrer, tags = enter(self.rng)
        state = self.rng.choices(("home", "list", "search", "item"), (40, 15, 5, 40))[0]
        self._enter(state, tags)
        while state != "leave" and len(self.visit.hits) < 120:
            states, weights = _NEXT[state]
            state = self.rng.choices(states, weights)[0]
            self.clock += min(self.rng.expovariate(1 / 20) + 1.5, 240.0)
            if state != "leave":
                self._enter(state)
        return self.visit

    def _enter(self, state: str, tags: str = "") -> None:
        if state in ("home", "list", "search"):
            self._browse(state, tags)
        elif state == "item":
            self._view_item(tags)
        elif state == "cart":
            self._change_cart("add", self.viewed or self.catalogue.pick(self.rng))
        elif state == "remove":
            if self.cart:
                self._change_cart("remove", self.rng.choice(self.cart))
        elif state == "checkout":
            self.page("/checkout", event="begin_checkout")
        elif state == "pay":
            self._pay()
        else:
            self.page(f"/sale/{self.rng.randrange(2019, 2025)}", status=404)

    def _browse(self, state: str, tags: str) -> None:
        rng = self.rng
        if state == "home":
            self.page("/", tags)
        elif state == "list":
            more = f"?page={rng.randrange(2, 6)}" if rng.random() < 0.3 else ""
            self.page(f"/category/{rng.choice(CATEGORIES)}{more}", tags, event="view_item_list")
        else:
            written, term = rng.choice(SEARCHES)
            self.page(f"/search?q={written}", tags, event="search", search_term=term)

    def _view_item(self, tags: str) -> None:
        self.viewed = self.catalogue.pick(self.rng)
        if self.rng.random() < 0.03:  # an old link
            self.hit(Hit(f"/p/{self.viewed.item_id}", 301, 178))
        self.page(self.viewed.path, tags, event="view_item", item_id=str(self.viewed.item_id))

    def _change_cart(self, what: str, item: Item) -> None:
        event = "add_to_cart" if what == "add" else "remove_from_cart"
        self.hit(
            Hit(
                f"/cart/{what}?item={item.item_id}&qty=1", 302, 0, method="POST", event=event, item_id=str(item.item_id)
            )
        )
        self.cart = [*self.cart, item] if what == "add" else [other for other in self.cart if other is not item]
        self.page("/cart", event="view_cart")

    def _pay(self) -> None:
        rng = self.rng
        if rng.random() < 0.12:
            self.hit(Hit("/checkout/pay", rng.choice((402, 402, 502)), 611, method="POST"))
            self.clock += 15
            if rng.random() < 0.5:
                return
        self.hit(Hit("/checkout/pay", 302, 0, method="POST", event="add_payment_info"))
        bought = self.cart or [self.viewed or self.catalogue.pick(rng)]
        cents = sum(item.cents for item in bought)
        # Some pay in another currency: in the shop's own, the value is not known.
        currency = "EUR" if rng.random() < 0.95 else "USD"
        item_id = str(bought[0].item_id) if len(bought) == 1 else ""
        named = f"&item={item_id}" if item_id else ""
        url = f"/checkout/thanks?order={ORDER_MARK}&value={cents // 100}.{cents % 100:02d}&currency={currency}{named}"
        self.page(url, event="purchase", cents=cents if currency == "EUR" else 0, item_id=item_id)
        if rng.random() < 0.08:
            self.clock += 2 + rng.expovariate(1 / 60)
            known = Hit(
                url, 304, 0, event="purchase", cents=cents if currency == "EUR" else 0, item_id=item_id, again=True
            )
            self.hit(known)
        self.cart = []
