"""What robots do: polite crawls, and scans that look for holes at a high rate."""

from __future__ import annotations

from random import Random

from shoplog.traffic.catalogue import CATEGORIES, Catalogue
from shoplog.traffic.people import Hit, Visit

_PROBES = (
    "/wp-login.php",
    "/.env",
    "/.git/config",
    "/xmlrpc.php",
    "/phpmyadmin/index.php",
    "/admin/login.php",
    "/wp-content/plugins/x/readme.txt",
    "/backup.sql",
    "/cgi-bin/test.cgi",
    "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
)
# With the event that a shop would see when it answers a GET with a page: an attack on an item's page is a view of it.
_ATTACKS = (
    ("/item/{n}?id=1'%20OR%20'1'='1", "view_item"),
    ("/search?q=1%20UNION%20SELECT%20password%20FROM%20users--", "search"),
    ("/search?q=%3Cscript%3Ealert(1)%3C/script%3E", "search"),
    ("/static/../../etc/passwd", ""),
    ("/item/{n};SELECT%20pg_sleep(5)", ""),
)


def crawl_hit(rng: Random, catalogue: Catalogue) -> Hit:
    """Return one page fetched by a polite crawler: no assets, no referrer."""
    of_item = rng.random() < 0.8
    page = catalogue.pick(rng).path if of_item else f"/category/{rng.choice(CATEGORIES)}"
    if rng.random() < 0.04:
        return Hit(page + "-old", 404, 611)
    return Hit(page, 200, rng.randrange(9_000, 60_000), event="view_item" if of_item else "view_item_list")


def crawl(rng: Random, catalogue: Catalogue) -> Visit:
    """Return a polite crawl: robots.txt first, then a page every few seconds."""
    hits = [Hit("/robots.txt", 200, 412), *(crawl_hit(rng, catalogue) for _ in range(rng.randrange(5, 20)))]
    return Visit(hits, [n * 6.0 + rng.random() for n in range(len(hits))])


def scan(rng: Random) -> Visit:
    """Return a scan: dozens of probes within seconds."""
    hits = []
    for _ in range(rng.randrange(30, 80)):
        if rng.random() < 0.6:
            hits.append(Hit(rng.choice(_PROBES), rng.choice((404, 404, 404, 403)), 153))
        else:
            url, event = rng.choice(_ATTACKS)
            url = url.format(n=rng.randrange(1000, 1600))
            status, size, method = (
                rng.choice((200, 400, 403, 500)),
                rng.randrange(150, 9_000),
                rng.choice(("GET", "POST")),
            )
            served = status == 200 and method == "GET"
            hits.append(Hit(url, status, size, "-", method, event=event if served else ""))
    return Visit(hits, [n * 0.15 + rng.random() * 0.1 for n in range(len(hits))])
