"""site new, check and try, as people run them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from shoplog.cli import app
from shoplog.commands.site import TEMPLATE
from shoplog.errors import UserError
from shoplog.rules import ready_names
from shoplog.settings import Settings
from shoplog.sites import load_sites


@pytest.fixture
def sites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SHOPLOG_SITES_DIR", str(tmp_path / "sites"))
    monkeypatch.setenv("SHOPLOG_HOME", str(tmp_path / "home"))
    return tmp_path / "sites"


def run(*words: str, given: str = "") -> Result:
    return CliRunner().invoke(app, ["site", *words], input=given)


@pytest.mark.parametrize("rules", ready_names())
def test_a_new_file_is_a_site_as_it_stands(sites: Path, rules: str) -> None:
    result = run("new", "acme", "--rules", rules, "--log-dir", '/var/log/"odd"\\name', "--format", "common")
    assert result.exit_code == 0, result.output
    assert result.output.strip() == str(sites / "acme.toml")
    site = load_sites(Settings.load())["acme"]
    assert (site.rules.name, site.log_format, site.log_dir) == (rules, "common", Path('/var/log/"odd"\\name'))


def test_the_commented_fields_of_a_new_file_are_right(sites: Path) -> None:
    """Everything that is commented out and is TOML can be commented in."""
    run("new", "acme")
    path = sites / "acme.toml"
    (sites / "acme-items.csv").write_text("item_id\n1\n")
    lines = path.read_text().splitlines()
    names = (
        "path_prefix",
        "catalogue",
        "rules_version",
        "[[rule]]",
        "event",
        "methods",
        "path",
        "status",
        "where",
        "query",
    )
    inside = [line.removeprefix("# ") if line.removeprefix("# ").startswith(names) else line for line in lines]
    path.write_text("\n".join(inside))
    site = load_sites(Settings.load())["acme"]
    assert site.rules_version == 1001
    assert site.catalogue == sites / "acme-items.csv"
    assert "# path_prefix" in TEMPLATE.read_text()


def test_an_existing_file_is_never_touched(sites: Path) -> None:
    sites.mkdir()
    (sites / "acme.toml").write_text("mine")
    assert isinstance(run("new", "acme").exception, UserError)
    assert (sites / "acme.toml").read_text() == "mine"


@pytest.mark.parametrize("words", [("Acme",), ("../x",), ("a", "--rules", "x"), ("a", "--format", "x")])
def test_a_wrong_wish_writes_nothing(sites: Path, words: tuple[str, ...]) -> None:
    assert isinstance(run("new", *words).exception, UserError)
    assert not sites.exists()


def test_check_shows_the_rules_in_order_and_refuses_a_wrong_file(sites: Path) -> None:
    run("new", "acme", "--rules", "demo")
    shown = run("check", "acme")
    assert shown.exit_code == 0
    places = [line.split()[0] for line in shown.output.splitlines() if line.strip().startswith("demo.toml:")]
    assert places == sorted(places, key=lambda place: int(place.split(":")[1]))
    assert [json.loads(line)["place"] for line in run("check", "--json").output.splitlines()] == places
    (sites / "bad.toml").write_text("[[rule]]\nevent = 'x'\npath = '/'\n")
    assert "bad.toml, line 1" in str(run("check").exception)
    assert run("check", "acme").exit_code == 0, "a named site is found though another file is wrong"
    assert isinstance(run("check", "other").exception, UserError)


def test_try_says_which_rule_answers_and_why_none_does(sites: Path) -> None:
    run("new", "acme", "--rules", "demo")
    with (sites / "acme.toml").open("a") as file:
        file.write("[[rule]]\nevent = 'none'\npath = '/item/13'\n")
    line = len((sites / "acme.toml").read_text().splitlines()) - 2
    given = "/item/42?utm_source=x\n\nPOST /cart/add?item=42&qty=2 302\nPOST /item/42\nGET /nothing\n/item/13\n"
    result = run("try", "acme", "--json", given=given)
    assert result.exit_code == 0
    rows = [json.loads(text) for text in result.output.splitlines()]
    assert [(row["event"], row["fields"]) for row in rows] == [
        ("view_item", {"item_id": "42"}), ("add_to_cart", {"item_id": "42", "quantity": 2}), (None, {}), (None, {}), (None, {}),
    ]  # fmt: skip
    assert rows[0]["rule"].startswith("demo.toml:")
    assert "wants GET and status 2xx or 304" in rows[2]["note"]
    assert rows[3]["note"] == "no rule has this path and these parameters"
    assert rows[4]["rule"] == f"acme.toml:{line}"
    assert "view_item demo.toml:" in run("try", "acme", "--url", "/item/42").output
    assert run("try", "acme", "--url", "/nothing").exit_code == 1
    assert isinstance(run("try", "acme", "--url", "GET /a 2000").exception, UserError)
