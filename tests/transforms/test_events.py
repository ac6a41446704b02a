from __future__ import annotations

import dataclasses
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from shoplog.contracts.events import EVENT_COLUMNS, EVENTS, FIELDS, FUNNEL, MAX_URL_BYTES, PRICED, Rule, RuleSet
from shoplog.io.logfile import read_lines
from shoplog.rules import read_catalogue
from shoplog.settings import Settings
from shoplog.sites import load_sites
from shoplog.traffic import DEFECTS, TrafficPlan, generate
from shoplog.transforms.events import EVENT_SCHEMA, with_events
from shoplog.transforms.parse import Reading, parse_lines
from tests.sites.events import events_of, frame, rule_set

REAL = Path(__file__).parents[3] / "shared/data/access-logs/shop-zanbil-5000.log"
NOTHING = dict.fromkeys(EVENT_SCHEMA)


def rules(*given: Rule, currency: str = "EUR") -> RuleSet:
    return RuleSet("own", 1000, given, currency)


def one(rule: Rule, url: str, method: str = "GET", status: int = 200) -> dict[str, Any]:
    (row,) = events_of([(method, status, url)], rules(rule))
    return row


def read(path: Path) -> pl.DataFrame:
    reading = {"shop": Reading("combined", 1)}
    return pl.concat(parse_lines(lines, reading) for lines in read_lines(path, "shop", "web1", datetime.now(UTC)))


def test_the_demo_shops_events_orders_and_revenue_come_out_exactly(tmp_path: Path) -> None:
    end = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    defects = {kind: 2000 if kind == "repeated" else 20 for kind in DEFECTS if kind != "truncated"}
    plan = TrafficPlan("shop", tmp_path / "logs", end - timedelta(hours=3), end, lines=20_000, defects=defects)
    truth = generate(plan)
    site = load_sites(Settings(home=tmp_path))["shop"]
    rows = with_events(pl.concat(map(read, plan.log_dir.glob("*.log"))), {"shop": site.rules}, {})
    events = rows.drop_nulls("event_name")
    orders = events.filter(pl.col("event_name") == "purchase").unique("order_id")
    assert Counter(events["event_name"]) == truth.events
    assert len(orders) == truth.orders > 20
    assert orders["value"].sum() == Decimal(truth.revenue_cents) / 100
    assert truth.events["purchase"] > truth.orders, "no repeated line is an order: raise the count of repeated lines"


@pytest.mark.skipif(not REAL.is_file(), reason="the real logs beside the checkout are not here")
def test_the_real_shops_requests_are_found_by_its_rules() -> None:
    lines = read(REAL)
    strict = rule_set("zanbil")
    # Counted with awk by path prefix, whatever the method and the status.
    every = tuple(
        dataclasses.replace(rule, methods=("GET", "HEAD", "POST"), statuses=("1xx", "2xx", "3xx", "4xx", "5xx"))
        for rule in strict.rules
    )
    counts = Counter(with_events(lines, {"shop": rule_set("zanbil", every)}, {})["event_name"])
    del counts[None]
    assert counts == {
        "view_item": 537, "view_item_list": 1909 + 112, "search": 6, "add_to_cart": 1, "view_cart": 1,
        "begin_checkout": 1, "add_shipping_info": 1,
    }  # fmt: skip
    shown = with_events(lines, {"shop": strict}, {})
    path = pl.col("path").str.strip_prefix("/m")
    pages = lines.filter(path.str.starts_with("/product/"), method="GET").filter(pl.col("status").is_in([200, 304]))
    views = shown.filter(event_name="view_item")
    assert len(views) == len(pages) > 300
    assert views["item_id"].to_list() == [text.split("/product/")[1].split("/")[0] for text in pages["path"]]


def test_the_contract_names_every_event_once() -> None:
    assert set(FUNNEL) | set(PRICED) <= set(EVENTS)
    assert all(EVENTS.values())
    assert tuple(EVENT_SCHEMA) == tuple(column.name for column in EVENT_COLUMNS)
    assert {"item_id", "order_id", "value", "quantity", "coupon", "search_term"} <= set(FIELDS) & set(EVENT_SCHEMA)


def test_rows_keep_their_order_and_columns() -> None:
    rows = pl.concat(
        [frame([("GET", 200, f"/item/{n % 7}"), (None, None, None)], site) for n in range(50) for site in "ab"]
    )
    found = with_events(rows, {"a": rule_set("demo"), "c": rule_set("demo")}, {})
    assert found.columns == [*rows.columns, *EVENT_SCHEMA]
    assert found.drop(EVENT_SCHEMA).equals(rows)
    assert [row["item_id"] for row in found.filter(site="a", method="GET").to_dicts()] == [
        str(n % 7) for n in range(50)
    ]
    assert found.filter((pl.col("site") == "b") | pl.col("method").is_null())["event_name"].null_count() == 150


@pytest.mark.parametrize("sets", [{}, {"shop": rules()}, {"shop": rule_set("demo")}])
def test_no_rules_no_match_and_no_rows_give_the_same_columns(sets: dict[str, RuleSet]) -> None:
    for rows in (frame([]), frame([("GET", 200, "/x")]), frame([(None, None, None)])):
        found = with_events(rows, sets, {})
        assert found.schema == {**rows.schema, **EVENT_SCHEMA}
        assert found.select(EVENT_SCHEMA.keys()).to_dicts() == [NOTHING] * len(rows)


def test_the_first_rule_that_fits_wins_and_none_ends_the_search() -> None:
    given = rules(
        Rule("none", "/a/secret"), Rule("view_cart", "/a/.*", methods=("POST",)), Rule("view_item", "/a/.*"),
        Rule("search", "/.*"),
    )  # fmt: skip
    asked = [
        ("GET", 200, "/a/secret"),
        ("POST", 200, "/a/x"),
        ("GET", 200, "/a/x"),
        ("GET", 200, "/b"),
        ("PUT", 200, "/a/x"),
    ]
    assert [row["event_name"] for row in events_of(asked, given)] == [None, "view_cart", "view_item", "search", None]


@pytest.mark.parametrize(
    ("status", "counts"), [(199, False), (200, True), (204, True), (304, True), (302, False), (404, False)]
)
def test_a_status_is_a_class_or_a_number(status: int, counts: bool) -> None:
    row = one(Rule("purchase", "/thanks", statuses=("2xx", "304")), "/thanks", status=status)
    assert (row["event_name"] == "purchase") is counts


def test_a_pattern_matches_whole_texts_only() -> None:
    rule = Rule("view_cart", "/cart|/basket", where=(("step", "1?"), ("id", r"\d+")))
    for url, event in {
        "/cart?id=1": "view_cart", "/basket?step=1&id=22": "view_cart", "/cart?step=12&id=1": None, "/cart": None,
        "/carts?id=1": None, "/my/cart?id=1": None, "/cart?id=1x": None, "/cart?xid=1": None, "/cart#?id=1": None,
        "/cart?a&amp;id=1": "view_cart", "/cart?id=%31": "view_cart", "/cart?id=1#id=x": "view_cart",
    }.items():  # fmt: skip
        assert one(rule, url)["event_name"] == event, url


@pytest.mark.parametrize(
    ("url", "term"),
    [
        ("/s?q=red+shoes", "red shoes"),
        ("/s?q=red%20shoes%2B", "red shoes+"),
        ("/s?q=caf%C3%A9", "café"),
        ("/s?q=100%25%20wool", "100% wool"),
        ("/s?q=%2541", "%41"),
        ("/s?q=100%", "100%"),
        ("/s?q=%zz%4", "%zz%4"),
        ("/s?q=%FF%41", "%FF%41"),
        ("/s?q=%C3", "%C3"),
        ("/s?q=a%00b%0Ac", "a%00b%0Ac"),
        ("/s?q=%1B[2J", "%1B[2J"),
        ("/s?q=", None),
        ("/s?q", None),
        ("/s?Q=x", None),
        ("/s?q=one&q=two", "one"),
        ("/s?q=" + "x" * 300, "x" * 256),
        ("/s?q=" + "%C3%A9" * 300, "é" * 256),
    ],
)
def test_a_field_is_decoded_once_and_cut(url: str, term: str | None) -> None:
    assert one(Rule("search", "/s", query=(("search_term", "q"),)), url)["search_term"] == term


def test_a_plus_in_a_path_stays_and_brackets_may_be_encoded() -> None:
    rule = Rule("view_item", "/item/(?P<item_id>[^/]+)", query=(("coupon", "c[0]"),))
    row = one(rule, "/item/a+b%2Fc?c%5b0%5D=X")
    assert (row["item_id"], row["coupon"]) == ("a+b/c", "X")


def test_a_url_beyond_every_server_is_no_event() -> None:
    rule = Rule("search", "/s", query=(("search_term", "q"),))
    fits = "/s?q=" + "x" * (MAX_URL_BYTES - 5)
    assert one(rule, fits)["event_name"] == "search"
    assert one(rule, fits + "x") == NOTHING


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12.5", "12.50"), ("12,50", "12.50"), ("7", "7.00"), ("12.9900", "12.99"), ("0.00", "0.00"), ("007.10", "7.10"),
        ("999999999999.99", "999999999999.99"), ("1.234", None), ("1,234.50", None), ("1.005", None), ("-5", None),
        ("9999999999999", None), ("NaN", None), ("1e3", None), ("", None), ("%31", "1.00"), ("٣", None), ("$5", None),
    ],
)  # fmt: skip
def test_money_is_exact_or_unknown(text: str, value: str | None) -> None:
    row = one(Rule("purchase", "/o", query=(("value", "v"),)), f"/o?v={text}")
    assert row["value"] == (None if value is None else Decimal(value))
    assert row["event_name"] == "purchase"


@pytest.mark.parametrize(("currency", "value"), [("EUR", "5"), ("eur", "5"), ("USD", None), ("EURO", "5"), ("", "5")])
def test_money_in_another_currency_is_unknown(currency: str, value: str | None) -> None:
    row = one(Rule("purchase", "/o", query=(("value", "v"), ("currency", "c"))), f"/o?v=5&c={currency}")
    assert row["value"] == (None if value is None else Decimal(value))


@pytest.mark.parametrize(
    ("query", "quantity"),
    [
        ("", 1),
        ("?n=", 1),
        ("?n=3", 3),
        ("?n=0", 0),
        ("?n=x", None),
        ("?n=-2", None),
        ("?n=1.5", None),
        ("?n=1000000", None),
    ],
)
def test_a_quantity_that_is_not_there_is_the_rules_own(query: str, quantity: int | None) -> None:
    assert one(Rule("add_to_cart", "/c", query=(("quantity", "n"),), quantity=1), f"/c{query}")["quantity"] == quantity


@pytest.fixture
def catalogue(tmp_path: Path) -> pl.DataFrame:
    path = tmp_path / "items.csv"
    path.write_text("item_id,name,category,price,aliases\n42,Shirt,shirts,19.90,blue-shirt 4201\n43,Hat,,,\n")
    return read_catalogue(path)


@pytest.mark.parametrize(
    ("event", "url", "expected"),
    [
        ("add_to_cart", "/42?n=3", ("42", "59.70", "shirts")),
        ("add_to_cart", "/blue-shirt?n=1", ("42", "19.90", "shirts")),
        ("purchase", "/4201?n=2", ("42", "39.80", "shirts")),
        ("purchase", "/42?n=2&v=30", ("42", "30.00", "shirts")),
        ("purchase", "/42?n=2&v=abc", ("42", "39.80", "shirts")),
        ("add_to_cart", "/42", ("42", None, "shirts")),
        ("view_item", "/42?n=1", ("42", None, "shirts")),
        ("view_item", "/42?n=1&v=18.50", ("42", "18.50", "shirts")),
        ("add_to_cart", "/43?n=1", ("43", None, None)),
        ("add_to_cart", "/44?n=1", ("44", None, None)),
        ("add_to_cart", "/43?n=1&g=hats", ("43", None, "hats")),
        ("add_to_cart", "/42?n=1&g=sale", ("42", "19.90", "shirts")),
    ],
)
def test_the_catalogue_knows_name_price_and_category(
    catalogue: pl.DataFrame, event: str, url: str, expected: tuple[str, str | None, str | None]
) -> None:
    rule = Rule(event, "/(?P<item_id>.+)", query=(("quantity", "n"), ("value", "v"), ("category", "g")))
    (row,) = events_of([("GET", 200, url)], rules(rule), catalogue)
    value = None if expected[1] is None else Decimal(expected[1])
    assert (row["item_id"], row["value"], row["item_category"]) == (expected[0], value, expected[2])


def test_other_systems_events_can_be_written_as_urls() -> None:
    """A view, a cart and a purchase with item, price and session, as public event files have them."""
    given = rules(
        Rule("view_item", "/view/(?P<item_id>[0-9]+)", query=(("value", "price"), ("category", "category"))),
        Rule("add_to_cart", "/cart/(?P<item_id>[0-9]+)", ("POST",), query=(("value", "price"),), quantity=1),
        Rule(
            "purchase", "/purchase/(?P<item_id>[0-9]+)", query=(("value", "price"), ("order_id", "order")), quantity=1
        ),
    )
    asked = [
        ("GET", 200, "/view/44600062?price=35.79&category=appliances.iron"), ("POST", 200, "/cart/3900821?price=33.20"),
        ("GET", 200, "/purchase/17200506?price=543.10&order=71"),
    ]  # fmt: skip
    view, cart, purchase = events_of(asked, given)
    assert (view["event_name"], view["item_id"], view["value"], view["item_category"]) == (
        "view_item", "44600062", Decimal("35.79"), "appliances.iron",
    )  # fmt: skip
    assert (cart["event_name"], cart["value"], cart["quantity"]) == ("add_to_cart", Decimal("33.20"), 1)
    assert (purchase["order_id"], purchase["value"]) == ("71", Decimal("543.10"))
