"""What a browser does: asks for pages and their parts, says where it comes from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random

from shoplog.traffic.hits import Hit, Visit
from shoplog.traffic.origins import ENTRIES, origin_of


@dataclass(slots=True, kw_only=True)
class Browser:
    """Notes each hit of one visit; `origin` is the shop's own address."""

    rng: Random
    origin: str
    visit: Visit = field(default_factory=Visit)
    clock: float = 0.0
    referrer: str = "-"

    def page(
        self, url: str, tags: str = "", status: int = 200, event: str = "", cents: int = 0,
        item_id: str = "", search_term: str = "",
    ) -> None:  # fmt: skip
        """Ask for a page, which may fail, and all that it is made of; `tags` are those of a visit's first page."""
        rng = self.rng
        if tags:
            url += ("&" if "?" in url else "?") + tags
        if status == 200 and event != "purchase" and rng.random() < 0.006:
            status = rng.choice((500, 502, 503, 504))
        first = not self.visit.hits
        if status == 200:
            size = rng.randrange(9_000, 60_000)
            self.hit(Hit(url, 200, size, cents=cents, event=event, item_id=item_id, search_term=search_term), tags)
        else:  # a page that could not be served is no event
            self.hit(Hit(url, status, 611), tags)
        # An order's number is not known here, so what follows the page comes from its path.
        self.referrer = self.origin + (url.partition("?")[0] if event == "purchase" else url)
        if status == 200:
            self._fetch_parts(first)

    def _fetch_parts(self, first: bool) -> None:
        rng = self.rng
        assets = ["/static/app.css", "/static/app.js", "/static/logo.svg"] if first else []
        assets += [f"/images/{rng.randrange(1000, 1600)}-m.jpg" for _ in range(rng.randrange(1, 5))]
        for asset in assets:
            cached = rng.random() < 0.2
            size = 0 if cached else rng.randrange(2_000, 90_000)
            self.hit(Hit(asset, 304 if cached else 200, size, page_class="static"))
        if rng.random() < 0.02:
            self.hit(Hit("/ws/stock", 101, 0, page_class="api"))

    def hit(self, hit: Hit, tags: str = "") -> None:
        """Note a request that comes from where the person is, and how long it took."""
        slow = 900 if hit.status >= 500 else 4 if hit.page_class == "static" else 60
        duration_ms = 1 + int(self.rng.expovariate(1 / slow))
        origin = origin_of(self.referrer, tags) if self.referrer in ENTRIES else None
        self.visit.hits.append(replace(hit, referrer=self.referrer, duration_ms=duration_ms, origin=origin))
        self.visit.seconds.append(self.clock)
        self.clock += self.rng.random() * 0.3
