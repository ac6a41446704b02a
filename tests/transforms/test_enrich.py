from __future__ import annotations

import random

import polars as pl
import pytest

from shoplog.contracts.pages import PAGE, PAGE_CLASSES
from shoplog.transforms.distinct import PerDistinct
from shoplog.transforms.enrich import with_country, with_own_traffic, with_page_class


def page(path: str | None, status: int = 200) -> tuple[str | None, str | None]:
    rows = pl.DataFrame({"path": [path], "status": [status]}, schema={"path": pl.String, "status": pl.Int32})
    found = with_page_class(rows)
    assert found.columns == ["path", "status", *(column.name for column in PAGE)]
    return found["page_class"][0], found["path_template"][0]


@pytest.mark.parametrize(
    ("path", "page_class", "template"),
    [
        ("/", "page", "/"),
        ("/item/1234", "page", "/item/{id}"),
        ("/item/1234/", "page", "/item/{id}"),
        ("/category/shoes", "page", "/category/shoes"),
        ("/page/2", "page", "/page/{id}"),
        ("/a/1/2/3", "page", "/a/{id}/{id}/{id}"),
        ("/iphone-15-pro", "page", "/iphone-{id}-pro"),
        ("/o/3f2504e0-4f89-11d3-9a0c-0305e82c3301/pay", "page", "/o/{uuid}/pay"),
        ("/h/d41d8cd98f00b204e9800998ecf8427e", "page", "/h/{hash}"),
        ("/s/x7Fq9Zk2", "page", "/s/{id}"),
        ("/blog/how-to-choose-a-good-bike", "page", "/blog/{text}"),
        ("/%D8%B3/list", "page", "/{text}/list"),
        ("/item/12;SELECT%20pg", "page", "/item/{text}"),
        ("/a/b/c/d/e/f/g/h", "page", "/a/b/c/d/e/f/*"),
        ("//a///b", "page", "/a/b"),
        ("/" + "long" * 5000, "page", "/{text}"),
        ("/static/app.3f9c2.css", "static", "/static/*.css"),
        ("/images/1234-m.JPG", "static", "/images/*.jpg"),
        ("/favicon.ico", "static", "/*.ico"),
        ("/image/63393/productModel/200x200", "static", "/image/{id}/productModel/{id}x{id}"),
        ("/api/v1/cart", "api", "/api/v1/cart"),
        ("/graphql", "api", "/graphql"),
        ("/data/1234.json", "api", "/data/{id}.json"),
        ("/robots.txt", "other", "/robots.txt"),
        ("/sitemap-3.xml", "other", "/sitemap-{id}.xml"),
        ("/.well-known/security.txt", "other", "/.well-known/security.txt"),
        ("/feed/", "other", "/feed"),
        ("*", "other", "(no path)"),
        ("", "other", "(no path)"),
        ("http://elsewhere.example/x", "other", "(no path)"),
        (None, None, None),
    ],
)
def test_a_path_has_a_class_and_a_template(path: str | None, page_class: str | None, template: str | None) -> None:
    assert page(path) == (page_class, template)
    assert page_class is None or page_class in PAGE_CLASSES


@pytest.mark.parametrize("status", [404, 410])
def test_what_does_not_exist_has_one_template(status: int) -> None:
    assert page("/made/up", status) == ("page", "(missing)")
    assert page(None, status) == (None, None)


def test_strangers_cannot_make_up_templates() -> None:
    rng = random.Random(5)
    kinds = (
        lambda: f"/item/{rng.randrange(10**9)}",
        lambda: f"/x/{rng.getrandbits(128):032x}",
        lambda: "/q/" + "".join(rng.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=40)),
        lambda: "/s/%" + f"{rng.randrange(256):02x}" + "".join(rng.choices("abc<>'|", k=9)),
        lambda: "/p/" + "/".join(str(rng.randrange(99)) for _ in range(rng.randrange(1, 40))),
    )
    paths = [rng.choice(kinds)() for _ in range(5_000)]
    found = with_page_class(pl.DataFrame({"path": paths, "status": [200] * len(paths)}))
    assert found["path"].n_unique() > 4_000
    assert found["path_template"].n_unique() < 20
    made_up = ["/" + "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=8)) for _ in range(5_000)]
    refused = with_page_class(pl.DataFrame({"path": made_up, "status": [404] * len(made_up)}))
    assert refused["path_template"].unique().to_list() == ["(missing)"]


def test_countries_are_of_public_addresses_only() -> None:
    addresses = ["8.8.8.8", "2001:4860:4860::8888", "10.1.2.3", "192.168.1.1", "127.0.0.1", "100.64.0.1", "198.18.0.1",
                 "203.0.113.9", "2001:db8::1", "fe80::1", "not an address", "", "x" * 100_000, None, "8.8.8.8"]  # fmt: skip
    rows = with_country(pl.DataFrame({"address": addresses}))
    assert rows["country"].to_list() == ["US", "US", *[None] * 12, "US"]
    assert rows["address"].to_list() == addresses


def test_each_distinct_value_is_resolved_once_and_forgotten_when_there_are_too_many() -> None:
    asked: list[str | None] = []

    def resolve(keys: pl.DataFrame) -> pl.DataFrame:
        asked.extend(keys["key"].to_list())
        return keys.with_columns(pl.col("key").str.to_uppercase().alias("upper"))

    resolver = PerDistinct(("key",), resolve, most=3)
    first = resolver.join(pl.DataFrame({"key": ["a", None, "a", "b"]}))
    assert first["upper"].to_list() == ["A", None, "A", "B"]
    resolver.join(pl.DataFrame({"key": ["b", "a", None]}))
    assert sorted(map(str, asked)) == ["None", "a", "b"]
    asked.clear()
    assert resolver.join(pl.DataFrame({"key": ["c"] * 2}))["upper"].to_list() == ["C", "C"]
    assert asked == ["c"]
    asked.clear()
    assert resolver.join(pl.DataFrame({"key": ["a"]}))["upper"].to_list() == ["A"]
    assert asked == ["a"]  # four keys were more than three: all were forgotten


def test_a_sites_own_addresses_are_internal_and_bots_stay_bots() -> None:
    rows = pl.DataFrame(
        [
            ("shop", "198.51.100.7", "Regular"),
            ("shop", "2001:db8:1::7", "Regular"),
            ("shop", "198.51.100.8", "Bot"),
            ("shop", "203.0.113.1", "Regular"),
            ("other", "198.51.100.7", "Regular"),
            ("shop", None, "Regular"),
            ("shop", "no address", "Regular"),
        ],
        schema=["site", "address", "traffic_type"],
        orient="row",
    )
    own = {"shop": ("198.51.100.0/24", "2001:db8:1::/48")}
    found = with_own_traffic(rows, own)["traffic_type"].to_list()
    assert found == ["Internal", "Internal", "Bot", "Regular", "Regular", "Regular", "Regular"]
    assert with_own_traffic(rows, {}).equals(rows)
