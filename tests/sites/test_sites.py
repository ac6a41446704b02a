from __future__ import annotations

import pickle
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from shoplog.contracts.events import EVENTS, FIELDS
from shoplog.errors import UserError
from shoplog.rules import read_catalogue, ready_names
from shoplog.rules.read import READY, rule_lines
from shoplog.rules.written import OwnRuleFields, RuleFields
from shoplog.settings import Settings
from shoplog.sites import Site, _SiteFields, load_sites, read_site
from tests.sites.events import events_of

ROOT = Path(__file__).parents[2]
DOC = (ROOT / "docs/sites.md").read_text(encoding="utf-8")
RULE = "[[rule]]\nevent = 'view_cart'\npath = '/cart'\n"


@pytest.fixture
def folder(tmp_path: Path) -> Settings:
    (tmp_path / "sites").mkdir()
    return Settings(home=tmp_path / "home", sites_dir=tmp_path / "sites", host="web1")


def write(settings: Settings, text: str, name: str = "acme.toml") -> Path:
    path = settings.sites_dir / name
    path.write_text(text, encoding="utf-8")
    return path


def read(settings: Settings, text: str) -> Site:
    return read_site(write(settings, text), settings)


def blocks(kind: str) -> Iterator[str]:
    return iter(re.findall(rf"```{kind}\n(.*?)```", DOC, re.DOTALL))


def test_the_demos_site_has_the_demos_rules() -> None:
    site = load_sites(Settings(host="web1"))["shop"]
    assert (site.rules.name, site.rules_version, site.rules.currency) == ("demo", 2, "EUR")


def test_an_empty_file_is_a_site_with_defaults(folder: Settings) -> None:
    site = read(folder, "")
    assert site == Site(
        "acme",
        (),
        "UTC",
        "EUR",
        "combined",
        folder.home / "sites/acme/logs",
        r"access-.*\.log",
        0,
        (),
        (),
        (),
        site.rules,
        None,
    )
    assert (site.rules.rules, site.rules_version) == ((), 0)


def test_a_site_travels_to_workers(folder: Settings) -> None:
    site = read(folder, f'rules = "magento"\n{RULE}')
    assert pickle.loads(pickle.dumps(site)) == site


def test_the_documents_site_file_is_read(folder: Settings) -> None:
    site = read(folder, next(blocks("toml")))
    assert (site.name, site.own_proxies, site.own_addresses) == ("acme", 1, ("198.51.100.0/24", "2001:db8:1::/48"))
    assert site.rules_version == 2001
    asked = [
        ("GET", 200, "/order/17/thanks?paid=yes&total=12.50&cur=EUR&code=SPRING"), ("POST", 302, "/quick-order/a1"),
        ("GET", 200, "/product/gift-card-test/"), ("GET", 200, "/de/product/shirt/"), ("GET", 200, "/order/17/thanks?paid=no"),
    ]  # fmt: skip
    found = [
        (row["event_name"], row["order_id"], row["coupon"], row["item_id"]) for row in events_of(asked, site.rules)
    ]
    nothing = (None, None, None, None)
    assert found == [
        ("purchase", "17", "SPRING", None), ("add_to_cart", None, None, "a1"), nothing, ("view_item", None, None, "shirt"), nothing,
    ]  # fmt: skip


def test_the_document_names_every_field_event_and_rule_set() -> None:
    for name in (*_SiteFields.model_fields, *RuleFields.model_fields, *FIELDS, *EVENTS, *ready_names()):
        assert f"`{name}`" in DOC, name


def test_the_documents_catalogue_is_read(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text(next(blocks("csv")))
    items = read_catalogue(tmp_path / "items.csv")
    assert dict(items.select("alias", "item_id").iter_rows()) == {
        "42": "42", "blue-shirt": "42", "4201": "42", "4202": "42", "43": "43", "hat": "43",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("currency =", r"is not valid TOML"),
        ("colour = 1", r"unknown field 'colour'; known are catalogue, currency"),
        ("name = 'Acme'", r"name: 'Acme' is no name of lower-case letters"),
        ("name = 7", r"name: Input should be a valid string"),
        ("hosts = ['a b']", r"hosts: 'a b' is no host name"),
        ("hosts = 'a.example'", r"hosts: Input should be a valid list"),
        ("time_zone = 'Europe/Nowhere'", r"time_zone: 'Europe/Nowhere' is no time zone"),
        ("time_zone = '../../etc/passwd'", r"is no time zone"),
        ("currency = 'euro'", r"currency: 'euro' is no ISO 4217 code"),
        ("log_format = 'iis9'", r"Format 'iis9' is unknown: use one of"),
        ("file_pattern = '('", r"file_pattern: '\(' is no regular expression"),
        ("own_proxies = -1", r"own_proxies: Input should be greater than or equal to 0"),
        ("own_proxies = true", r"own_proxies: Input should be a valid integer"),
        ("trusted_proxies = ['300.1.1.1']", r"trusted_proxies: '300.1.1.1' is no network"),
        ("own_addresses = ['192.0.2.1/24']", r"own_addresses: '192.0.2.1/24' is no network"),
        ("rules = 'wocommerce'", r"rules 'wocommerce' are unknown; use one of demo, magento"),
        ("rules_version = 2", r"rules_version counts the site's own rules, and there are none"),
        ("path_prefix = '/shop'", r"name one in rules"),
        ("rules = 'demo'\npath_prefix = '(/shop)'", r"path_prefix: '\(/shop\)' is no pattern"),
        ("catalogue = 'items.csv'", r"catalogue .*items\.csv is not a file"),
        ("rule = [{event = 'search', path = '/s'}]", r"write each rule as a \[\[rule\]\] block"),
    ],
)
def test_a_wrong_file_is_refused_in_one_sentence(folder: Settings, text: str, why: str) -> None:
    refused(folder, text, why)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("event = 'buy'\npath = '/a'", r"event 'buy' is unknown; use one of view_item_list"),
        ("event = 'search'", r"path is missing"),
        ("event = 'search'\npath = '/a'\ncolour = 1", r"unknown field 'colour'"),
        ("event = 'search'\npath = '/a('", r"pattern '/a\(' does not run: unclosed group"),
        ("event = 'search'\npath = '/a(?=b)'", r"does not run: look-around"),
        ("event = 'search'\npath = '/(?P<color>a)'", r"'color' is no field; use one of item_id"),
        ("event = 'search'\npath = '/(a)'", r"'1' is no field"),
        ("event = 'search'\npath = '/a'\nquery = { color = 'c' }", r"'color' is no field"),
        ("event = 'search'\npath = '/(?P<item_id>a)'\nquery = { item_id = 'i' }", r"keep one"),
        ("event = 'search'\npath = '/a'\nquery = { item_id = '' }", r"must name parameters"),
        ("event = 'search'\npath = '/a'\nwhere = { q = '[' }", r"pattern '\[' does not run"),
        ("event = 'search'\npath = '/a'\nwhere = { q = '(x)' }", r"where.q takes no fields"),
        ("event = 'search'\npath = '/a'\nmethods = ['get']", r"method 'get' is none"),
        ("event = 'search'\npath = '/a'\nmethods = []", r"methods: List should have at least 1 item"),
        ("event = 'search'\npath = '/a'\nstatus = ['6xx']", r"status '6xx' is none"),
        ("event = 'search'\npath = '/a'\nstatus = [2]", r"status 2 is none"),
        ("event = 'search'\npath = '/a'\nquantity = 0", r"quantity: Input should be greater than or equal to 1"),
        (r"event = 'search'" + "\n" + r"path = '/\pL{2000}{2000}'", r"does not run: it is too large"),
        ("event = 'search'\npath = '''(?x)/a # comment'''", r"does not run"),
    ],
)
def test_a_wrong_rule_is_refused_with_its_line(folder: Settings, lines: str, why: str) -> None:
    text = f"rules = 'demo'\n\n{RULE}\n# [[rule]] in a comment\n[[ rule ]] # wrong\n{lines}\n{RULE}"
    refused(folder, text, rf"acme\.toml, line 8: .*{why}")


def refused(settings: Settings, text: str, why: str) -> None:
    path = write(settings, text)
    with pytest.raises(UserError) as caught:
        read_site(path, settings)
    message = str(caught.value)
    assert re.search(why, message), message
    assert message.startswith(str(path))
    assert message.endswith(".")
    assert "\n" not in message


def test_two_files_may_not_have_one_name_and_none_is_refused(folder: Settings) -> None:
    with pytest.raises(UserError, match="No site file"):
        load_sites(folder)
    write(folder, "name = 'a'", "a.toml")
    write(folder, "name = 'a'", "b.toml")
    with pytest.raises(UserError, match="same name"):
        load_sites(folder)


def test_a_header_inside_a_text_is_no_rule() -> None:
    text = f'note = """\n[[rule]]\n"""\n{RULE}  [[rule]]\nx = 1\n'
    assert rule_lines(text) == [4, 7]
    assert len(tomllib.loads(text)["rule"]) == 2


def test_rules_are_own_ones_first_and_their_versions_can_be_read_off(folder: Settings) -> None:
    assert read(folder, RULE).rules_version == 1000
    assert read(folder, f"rules_version = 3\n{RULE}").rules_version == 3000
    site = read(folder, f"rules = 'demo'\nrules_version = 3\n{RULE}")
    assert site.rules_version == 3002
    assert [(rule.source, rule.line) for rule in site.rules.rules][:2] == [("acme.toml", 3), ("demo.toml", 4)]


def test_a_prefix_stands_before_every_path_of_the_ready_set(folder: Settings) -> None:
    site = read(folder, f"rules = 'demo'\npath_prefix = '/shop|/store'\n{RULE.replace('/cart', '/basket|/bag')}")
    asked = ["/store/item/7", "/shop/cart", "/cart", "/item/7", "/bag", "/shop/bag"]
    found = [row["event_name"] for row in events_of([("GET", 200, url) for url in asked], site.rules)]
    assert found == ["view_item", "view_cart", None, None, "view_cart", None]


@pytest.mark.parametrize("name", ready_names())
def test_ready_rules_pass_the_checks_of_own_ones(name: str) -> None:
    for block in tomllib.loads((READY / f"{name}.toml").read_text())["rule"]:
        OwnRuleFields.model_validate(block)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("name\nx\n", "the columns must be item_id"),
        ("item_id,colour\n1,red\n", "the columns must be item_id"),
        ("item_id,price\n1,5\n,6\n", "item 2 has no item_id"),
        ("item_id,price\n1,5 EUR\n", "item 1 has a price that is no amount"),
        ("item_id,price\n1,9999999999\n", "item 1 has a price that is no amount"),
        ("item_id,aliases\n1,a b\n2,b\n", "'b' names two items"),
        ("item_id\n1\n1\n", "'1' names two items"),
        ("", "is not a readable CSV file"),
        ("item_id,name\n1,a,b,c\n", "is not a readable CSV file"),
    ],
)
def test_a_wrong_catalogue_is_refused(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "items.csv"
    path.write_text(text)
    with pytest.raises(UserError, match=re.escape(why)) as caught:
        read_catalogue(path)
    assert "\n" not in str(caught.value)


def test_rules_that_only_run_one_by_one_are_refused(folder: Settings) -> None:
    large = [f"[[rule]]\nevent = 'search'\npath = '/{n}\\pL{{60}}'\n" for n in range(20)]
    assert read(folder, large[0]).rules_version == 1000
    refused(folder, "".join(large), "the rules do not run together")
