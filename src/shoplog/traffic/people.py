"""What visitors do: visits as walks through the shop's pages, told as lists of hits."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from shoplog.traffic.catalogue import CATEGORIES, SEARCHES, Catalogue, Item

# Put into an order's URL in place of its number, which only the writer knows.
ORDER_MARK = "@ORDER@"
_ENTRIES = (
    "-",
    "https://www.google.com/",
    "https://www.bing.com/",
    "https://duckduckgo.com/",
    "https://m.facebook.com/",
    "https://blog.example.org/best-shops",
)
_CAMPAIGNS = (
    "utm_source=newsletter&utm_medium=email&utm_campaign=autumn",
    "utm_source=google&utm_medium=cpc&utm_campaign=brand",
)
# From a page to the next, with weights; "leave" ends the visit.
_NEXT: dict[str, tuple[tuple[str, ...], tuple[int, ...]]] = {
    "home": (("list", "search", "item", "leave"), (45, 20, 20, 15)),
    "list": (("item", "list", "search", "leave"), (55, 20, 8, 17)),
    "search": (("item", "search", "list", "leave"), (60, 12, 8, 20)),
    "item": (("item", "list", "cart", "lost", "leave"), (30, 25, 16, 2, 27)),
    "cart": (("item", "checkout", "leave"), (30, 45, 25)),
    "checkout": (("pay", "leave"), (70, 30)),
    "pay": (("leave", "home"), (80, 20)),
    "lost": (("home", "leave"), (50, 50)),
}


@dataclass(frozen=True, slots=True)
class Hit:
    """One request and its answer; `event` is the shop event that it is, `cents` the value of the order it confirms."""

    url: str
    status: int = 200
    bytes_sent: int = 0
    referrer: str = "-"
    method: str = "GET"
    duration_ms: int = 12
    cents: int = 0
    event: str = ""


@dataclass(slots=True)
class Visit:
    """One visitor's hits with the seconds since the first of them."""

    hits: list[Hit] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Shopper:
    """Walks one person through the shop and notes each hit."""

    rng: Random
    catalogue: Catalogue
    origin: str
    visit: Visit = field(default_factory=Visit)
    clock: float = 0.0
    referrer: str = "-"
    basket: list[Item] = field(default_factory=list)

    def walk(self) -> Visit:
        """Return the visit, from the entry page until the person leaves."""
        self.referrer = self.rng.choice(_ENTRIES)
        state = self.rng.choices(("home", "list", "search", "item"), (40, 15, 5, 40))[0]
        campaign = self.rng.choice(_CAMPAIGNS) if self.rng.random() < 0.15 else ""
        self._enter(state, campaign)
        while state != "leave" and len(self.visit.hits) < 120:
            states, weights = _NEXT[state]
            state = self.rng.choices(states, weights)[0]
            self.clock += min(self.rng.expovariate(1 / 20) + 1.5, 240.0)
            if state != "leave":
                self._enter(state)
        return self.visit

    def _enter(self, state: str, campaign: str = "") -> None:
        rng = self.rng
        if state in ("home", "list", "search"):
            page = {
                "home": "/",
                "list": f"/category/{rng.choice(CATEGORIES)}"
                + (f"?page={rng.randrange(2, 6)}" if rng.random() < 0.3 else ""),
                "search": f"/search?q={rng.choice(SEARCHES)}",
            }[state]
            self._page(page, campaign, event={"home": "", "list": "view_item_list", "search": "search"}[state])
        elif state == "item":
            item = self.catalogue.pick(rng)
            if rng.random() < 0.03:  # an old link
                self._hit(f"/p/{item.item_id}", 301, 178)
            self._page(item.path, campaign, event="view_item")
            self.basket = [*self.basket[:-1], item] if self.basket else [item]
        elif state == "cart":
            item = self.basket[-1] if self.basket else self.catalogue.pick(rng)
            self.basket = [*self.basket, item]
            self._hit(f"/cart/add?item={item.item_id}&qty=1", 302, 0, "POST", event="add_to_cart")
            self._page("/cart", event="view_cart")
        elif state == "checkout":
            self._page("/checkout", event="begin_checkout")
        elif state == "pay":
            self._pay()
        else:
            self._page(f"/sale/{rng.randrange(2019, 2025)}", status=404)

    def _pay(self) -> None:
        if self.rng.random() < 0.12:
            self._hit("/checkout/pay", self.rng.choice((402, 402, 502)), 611, "POST")
            self.clock += 15
            if self.rng.random() < 0.5:
                return
        self._hit("/checkout/pay", 302, 0, "POST", event="add_payment_info")
        cents = sum(item.cents for item in self.basket[1:] or self.basket)
        self._page(
            f"/checkout/thanks?order={ORDER_MARK}&value={cents // 100}.{cents % 100:02d}&currency=EUR",
            cents=cents,
            event="purchase",
        )
        self.basket = []

    def _page(self, url: str, campaign: str = "", status: int = 200, cents: int = 0, event: str = "") -> None:
        rng = self.rng
        if campaign:
            url += ("&" if "?" in url else "?") + campaign
        if status == 200 and not cents and rng.random() < 0.006:
            status = rng.choice((500, 502, 503, 504))
        first = not self.visit.hits
        # A page that could not be served is no event.
        event = event if status == 200 else ""
        self._hit(url, status, rng.randrange(9_000, 60_000) if status == 200 else 611, cents=cents, event=event)
        # An order's number is not known here, so what follows the page comes from its path.
        self.referrer = self.origin + (url.partition("?")[0] if cents else url)
        if status != 200:
            return
        assets = ["/static/app.css", "/static/app.js", "/static/logo.svg"] if first else []
        assets += [f"/images/{rng.randrange(1000, 1600)}-m.jpg" for _ in range(rng.randrange(1, 5))]
        for asset in assets:
            cached = rng.random() < 0.2
            self._hit(asset, 304 if cached else 200, 0 if cached else rng.randrange(2_000, 90_000))

    def _hit(self, url: str, status: int, size: int, method: str = "GET", cents: int = 0, event: str = "") -> None:
        slow = 900 if status >= 500 else 60 if "/static" not in url else 4
        self.visit.hits.append(
            Hit(url, status, size, self.referrer, method, 1 + int(self.rng.expovariate(1 / slow)), cents, event)
        )
        self.visit.seconds.append(self.clock)
        self.clock += self.rng.random() * 0.3
