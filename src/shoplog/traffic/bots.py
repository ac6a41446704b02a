"""What robots do: polite crawls, and scans that look for holes at a high rate."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from shoplog.traffic.catalogue import CATEGORIES, Catalogue
from shoplog.traffic.hits import Hit, Visit

# Known weak spots; what ends like a file that pages load counts as one.
_PROBES = (
    ("/wp-login.php", "page"),
    ("/.env", "page"),
    ("/.git/config", "page"),
    ("/xmlrpc.php", "page"),
    ("/phpmyadmin/index.php", "page"),
    ("/admin/login.php", "page"),
    ("/wp-content/plugins/x/readme.txt", "static"),
    ("/backup.sql", "page"),
    ("/cgi-bin/test.cgi", "page"),
    ("/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php", "page"),
)
# With what a shop sees in them when it answers a GET with a page: an attack on an item's page is a view of it.
_ATTACKS = (
    Hit("/item/{n}?id=1'%20OR%20'1'='1", event="view_item", item_id="{n}"),
    Hit(
        "/search?q=1%20UNION%20SELECT%20password%20FROM%20users--",
        event="search", search_term="1 UNION SELECT password FROM users--",
    ),
    Hit("/search?q=%3Cscript%3Ealert(1)%3C/script%3E", event="search", search_term="<script>alert(1)</script>"),
    Hit("/static/../../etc/passwd", page_class="static"),
    Hit("/item/{n};SELECT%20pg_sleep(5)"),
)  # fmt: skip


def crawl_hit(rng: Random, catalogue: Catalogue) -> Hit:
    """Return one page fetched by a polite crawler: no assets, no referrer."""
    item = catalogue.pick(rng) if rng.random() < 0.8 else None
    page = item.path if item else f"/category/{rng.choice(CATEGORIES)}"
    if rng.random() < 0.04:
        return Hit(page + "-old", 404, 611)
    size = rng.randrange(9_000, 60_000)
    if item is None:
        return Hit(page, 200, size, event="view_item_list")
    return Hit(page, 200, size, event="view_item", item_id=str(item.item_id))


def crawl(rng: Random, catalogue: Catalogue) -> Visit:
    """Return a polite crawl: robots.txt first, then a page every few seconds."""
    hits = [
        Hit("/robots.txt", 200, 412, page_class="other"),
        *(crawl_hit(rng, catalogue) for _ in range(rng.randrange(5, 20))),
    ]
    return Visit(hits, [n * 6.0 + rng.random() for n in range(len(hits))])


def scan(rng: Random) -> Visit:
    """Return a scan: dozens of probes within seconds."""
    hits = []
    for _ in range(rng.randrange(30, 80)):
        if rng.random() < 0.6:
            path, page_class = rng.choice(_PROBES)
            hits.append(Hit(path, rng.choice((404, 404, 404, 403)), 153, page_class=page_class, is_weak_spot=True))
        else:
            hits.append(_attack(rng, rng.choice(_ATTACKS)))
    return Visit(hits, [n * 0.15 + rng.random() * 0.1 for n in range(len(hits))])


def _attack(rng: Random, pattern: Hit) -> Hit:
    number = str(rng.randrange(1000, 1600))
    status, size = rng.choice((200, 400, 403, 500)), rng.randrange(150, 9_000)
    method = rng.choice(("GET", "POST"))
    hit = replace(
        pattern, url=pattern.url.replace("{n}", number), item_id=pattern.item_id.replace("{n}", number), status=status,
        bytes_sent=size, method=method, is_attack=True,
    )  # fmt: skip
    return hit if status == 200 and method == "GET" else replace(hit, event="", item_id="", search_term="")
