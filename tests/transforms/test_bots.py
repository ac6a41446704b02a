from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from shoplog.contracts.people import BEHAVIOUR, BEHAVIOUR_POINTS, BEHAVIOUR_RULES
from shoplog.transforms.bots import suspicious_visitors

START = datetime(2026, 11, 20, 12, tzinfo=UTC)
SHOP = "https://shop.example/"
SCHEMA = {"site": pl.String, "visitor_id": pl.String, "event_time": pl.Datetime("us", "UTC"), "url": pl.String,
          "path": pl.String, "status": pl.Int32, "referrer": pl.String}  # fmt: skip


def visit(visitor: str | None, urls: list[str], status: int = 200, referrer: str | None = SHOP, every_s: float = 10,
          site: str = "shop") -> list[tuple[Any, ...]]:  # fmt: skip
    return [
        (site, visitor, START + timedelta(seconds=n * every_s), url, url.partition("?")[0], status, referrer)
        for n, url in enumerate(urls)
    ]


def person(visitor: str, pages: int = 12) -> list[tuple[Any, ...]]:
    urls = [url for n in range(pages) for url in (f"/item/{n}", f"/images/{n}.jpg")]
    return visit(visitor, urls)


def judged(*visits: list[tuple[Any, ...]]) -> dict[str, dict[str, Any]]:
    everyone = [row for rows in (*visits, *(person(f"person{n}") for n in range(5))) for row in rows]
    found = suspicious_visitors(pl.DataFrame(everyone, schema=SCHEMA, orient="row"))
    assert found.columns == [
        "site",
        "visitor_id",
        "traffic_type",
        "bot_category",
        "bot_name",
        *(c.name for c in BEHAVIOUR),
    ]
    rows = {row["visitor_id"]: row for row in found.to_dicts()}
    assert not any(name.startswith("person") for name in rows)
    for row in rows.values():
        assert row["score"] == sum(BEHAVIOUR_RULES[rule][0] for rule in row["rules"]) >= BEHAVIOUR_POINTS
    return rows


PAGES = [f"/item/{n}" for n in range(20)]


@pytest.mark.parametrize(
    ("rows", "rules"),
    [
        (visit("x", ["/wp-login.php", "/.env", "/.git/config"], 404), ["weak_spots"]),
        (visit("x", ["/?id=1'%20OR%20'1'='1", "/s?q=%3Cscript%3Ealert(1)", "/a/../../etc/passwd"]), ["attacks"]),
        (visit("x", ["/robots.txt", *PAGES], referrer=None), ["robots_txt", "no_assets", "no_referrer"]),
        (visit("x", PAGES, referrer=None), ["no_assets", "no_referrer"]),
        (visit("x", PAGES, 500), ["errors", "no_assets"]),
        (visit("x", ["/item/1"] * 100, every_s=0.1), ["rate", "no_assets", "path_entropy"]),
        (visit("x", [*map("/item/{}".format, range(60)), "/a.css"], referrer=None, every_s=1),
         ["rate", "no_referrer", "path_entropy"]),
    ],
)  # fmt: skip
def test_each_rule_fires_by_its_name(rows: list[tuple[Any, ...]], rules: list[str]) -> None:
    found = judged(rows)
    assert found["x"]["rules"] == rules


@pytest.mark.parametrize(
    "rows",
    [
        visit("x", ["/robots.txt"]),  # a curious person
        visit("x", [*PAGES, "/a.css"], referrer=None),  # a browser that sends no referrer
        visit("x", PAGES),  # a browser with everything cached
        visit("x", ["/wp-login.php"] * 30 + ["/a.css"]),  # the owner of a WordPress shop: answered with 200
        visit("x", ["/item/1"] * 8, 500),  # a broken page, tried again
        visit("x", ["/item/1"] * 20 + ["/a.css"], 499),  # went away
        visit("x", ["/search?q=rock+and+roll", "/search?q=men's+and+women's", "/search?q=union+jack+select+shirts"] * 3
              + ["/a.css"]),
        visit("x", [f"/images/{n}.jpg" for n in range(300)], every_s=0.1),  # static files only are no rate
    ],
)  # fmt: skip
def test_people_with_odd_habits_are_not_flagged(rows: list[tuple[Any, ...]]) -> None:
    assert judged(rows) == {}


def test_the_category_says_whether_a_browser_was_there() -> None:
    script = visit("script", PAGES, referrer=None)
    browser = visit("browser", ["/robots.txt", *PAGES, "/a.css"], referrer=None)
    scanner = visit("scanner", ["/.env"] * 3, 403)
    found = judged(script, browser, scanner)
    named = {name: (row["traffic_type"], row["bot_category"], row["bot_name"]) for name, row in found.items()}
    assert named == {
        "script": ("Automation", "http_client", "(disguised)"),
        "browser": ("Automation", "headless_browser", "(disguised)"),
        "scanner": ("Automation", "http_client", "(scanner)"),
    }


def test_a_site_without_static_files_or_referrers_in_its_log_flags_nobody_for_that() -> None:
    assert judged(visit("x", PAGES, referrer=None, site="behind-a-cdn")) == {}


def test_measures_are_shown_for_a_person_to_check() -> None:
    row = judged(visit("x", ["/robots.txt", *["/item/1", "/item/2"] * 30, "/a.css"], referrer=None, every_s=1))["x"]
    measured = (row["requests"], row["assets"], row["robots_requests"], row["error_requests"], row["referred_requests"])
    assert measured == (61, 1, 1, 0, 0)
    assert row["most_per_minute"] == 60
    assert 1.0 < row["path_entropy_bits"] < 1.2


def test_rows_without_a_visitor_or_a_path_are_nobody() -> None:
    nobody = visit(None, ["/.env"] * 10, 404)
    torn = [(*row[:3], None, None, 400, None) for row in visit("x", PAGES)]
    assert set(judged(nobody)) == set()
    assert judged(torn)["x"]["rules"] == ["errors", "no_assets", "no_referrer"]
    assert len(suspicious_visitors(pl.DataFrame(schema=SCHEMA))) == 0
