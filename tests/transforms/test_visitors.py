from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from shoplog.contracts.attacks import ATTACK, LOGIN, WEAK_SPOT
from shoplog.contracts.visitor_minutes import VISITOR_MINUTES
from shoplog.transforms.measure import measured
from shoplog.transforms.visitors import with_login_ids, with_visitor_ids

DAY = date(2026, 11, 20)
SALTS = {DAY - timedelta(days=1): b"yesterday", DAY: b"today"}
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def ids(
    day: date | None = DAY, site: str = "shop", address: str | None = "203.0.113.5", agent: str | None = "a"
) -> Any:
    """Return address_id, visitor_id and visitor_id_prev of one request."""
    schema = {"event_date": pl.Date, "site": pl.String, "address": pl.String, "user_agent": pl.String}
    rows = with_visitor_ids(pl.DataFrame([(day, site, address, agent)], schema, orient="row"), SALTS)
    return rows.select("address_id", "visitor_id", "visitor_id_prev").row(0)


def test_an_address_has_one_id_a_day_and_site_whatever_its_agents() -> None:
    assert ids(agent="a")[0] == ids(agent="b")[0] == ids(agent=None)[0]
    others = {ids()[0], ids(site="other")[0], ids(address="203.0.113.6")[0], ids(DAY - timedelta(days=1))[0]}
    assert len(others) == 4
    assert ids(agent=None)[0] != ids(agent=None)[1], "an address is no visitor, even without an agent"


def test_a_visitor_is_an_address_with_an_agent_and_is_known_over_midnight() -> None:
    assert len({ids(agent=agent)[1] for agent in ("a", "b", None)}) == 3
    assert ids(DAY)[2] == ids(DAY - timedelta(days=1))[1]
    assert ids(agent="")[1:] == ids(agent=None)[1:]


@pytest.mark.parametrize(
    "of", [{"day": None}, {"address": None}, {"day": DAY + timedelta(days=2)}], ids=["time", "address", "salt"]
)
def test_nobody_has_an_id_without(of: dict[str, Any]) -> None:
    assert ids(**of) == (None, None, None)


ROW = {
    "site": "shop", "fate": "accepted", "event_time": NOON, "address_id": "a", "visitor_id": "v", "visitor_id_prev": None,
    "method": "GET", "url": "/", "path": "/", "status": 200, "page_class": "page", "traffic_type": "Regular",
    "event_name": None,
}  # fmt: skip
STRINGS = dict.fromkeys(("address_id", "visitor_id", "visitor_id_prev", "event_name"), pl.String)


def minutes(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    frame = pl.DataFrame([ROW | row for row in rows], schema_overrides=STRINGS)
    made = measured(frame, [VISITOR_MINUTES]).sort("window_start", "address_id", "visitor_id")
    return made.select(
        "window_start", *VISITOR_MINUTES.dimensions, *(m.name for m in VISITOR_MINUTES.metrics)
    ).to_dicts()


def test_a_minute_of_a_visitor_counts_what_it_did() -> None:
    person = [{}, {"status": 404}, {"method": "POST", "path": "/cart/add", "event_name": "add_to_cart", "status": 302}]
    (row,) = minutes(*person, {"status": 503, "page_class": "static"})
    assert row["window_start"] == NOON
    assert (row["requests"], row["status_4xx"], row["status_5xx"]) == (4, 1, 1)
    assert (row["visitor_pages"], row["visitor_events"]) == (1, 1)
    assert (row["login_attempts"], row["attack_requests"]) == (0, 0)


def test_programs_have_requests_but_no_pages_and_no_events() -> None:
    (row,) = minutes({"traffic_type": "Automation", "event_name": "view_item"})
    assert (row["requests"], row["visitor_pages"], row["visitor_events"]) == (1, 0, 0)


def test_visitors_and_minutes_are_apart_and_who_is_unknown_is_nobody() -> None:
    later = NOON + timedelta(seconds=60)
    found = minutes({}, {"visitor_id": "w"}, {"event_time": later}, {"visitor_id": None}, {"fate": "duplicate"})
    assert [(row["window_start"], row["visitor_id"]) for row in found] == [(NOON, "v"), (NOON, "w"), (later, "v")]


@pytest.mark.parametrize(
    ("path", "method", "attempts"),
    [
        ("/login", "POST", 1), ("/account/login/", "POST", 1), ("/wp-login.php", "POST", 1), ("/user/sign-in", "POST", 1),
        ("/customer/account/loginPost", "POST", 1), ("/xmlrpc.php", "POST", 1), ("/login", "GET", 0),
        ("/blog/in-the-press", "POST", 0), ("/cart/add", "POST", 0),
    ],
)  # fmt: skip
def test_a_password_is_sent_by_a_post_to_a_path_of_logins(path: str, method: str, attempts: int) -> None:
    (row,) = minutes({"path": path, "url": path, "method": method})
    assert row["login_attempts"] == attempts


def test_the_shops_own_rules_name_logins_too() -> None:
    (row,) = minutes({"path": "/konto/start", "method": "POST", "event_name": "login"})
    assert row["login_attempts"] == 1


@pytest.mark.parametrize(
    ("url", "status", "attacks"),
    [
        ("/item/1?id=1'%20OR%20'1'='1", 200, 1), ("/search?q=%3Cscript%3Ealert(1)%3C/script%3E", 200, 1),
        ("/a?x=;ls", 200, 1), ("/a?x=;lsof", 200, 0), ("/static/../../etc/passwd", 400, 1), ("/.env", 404, 1),
        ("/.env", 200, 0), ("/wp-login.php", 499, 0), ("/item/1?a=b", 404, 0), ("/select-your-size", 200, 0),
    ],
)  # fmt: skip
def test_attacks_are_seen_in_urls_and_weak_spots_where_they_are_refused(url: str, status: int, attacks: int) -> None:
    (row,) = minutes({"url": url, "path": url.partition("?")[0], "status": status})
    assert row["attack_requests"] == attacks


def test_both_engines_read_the_patterns_alike() -> None:
    import duckdb

    texts = [
        "/a?x=;ls",
        "/a?x=;lsx",
        "/?q=union+all+select",
        "/.git/config",
        "/x/login.php",
        "/LOGIN",
        "/%00",
        "",
        "/ü?'\"",
    ]
    for pattern in (ATTACK, WEAK_SPOT, LOGIN):
        by_polars = pl.Series(texts).str.contains(pattern).to_list()
        by_duckdb = [duckdb.execute("select regexp_matches(?, ?)", [text, pattern]).fetchall()[0][0] for text in texts]
        assert by_polars == by_duckdb


def test_a_login_has_one_id_at_each_site_and_its_name_is_nowhere() -> None:
    rows = pl.DataFrame(
        {"site": ["shop", "shop", "other", "shop"], "remote_user": ["ada", "ada", "ada", None]},
        schema={"site": pl.String, "remote_user": pl.String},
    )
    ids = with_login_ids(rows, b"key")["login_id"].to_list()
    assert ids[0] == ids[1] != ids[2]
    assert ids[3] is None
    assert "ada" not in "".join(filter(None, ids))
    assert with_login_ids(rows, b"another key")["login_id"][0] != ids[0]
