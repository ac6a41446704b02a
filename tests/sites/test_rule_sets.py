"""The ready rule sets, each against committed URLs of its platform.

A case is a line of cases/<set>.txt: METHOD STATUS URL EVENT FIELD=VALUE ..., quoted as in a shell; - is no event, and a
field that is not named is null.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from dataclasses import astuple
from pathlib import Path

import pytest

from shoplog.contracts.events import EVENTS, Rule
from shoplog.rules import ready_names
from tests.sites.events import events_of, rule_set

CASES = Path(__file__).parent / "cases"
VERSIONS = json.loads((CASES / "versions.json").read_text())
EVERY_SHOP = {"view_item", "view_item_list", "search", "add_to_cart", "view_cart", "begin_checkout"}


def cases(name: str) -> list[list[str]]:
    lines = (CASES / f"{name}.txt").read_text().splitlines()
    # A quote inside a URL is no quote: only fields are quoted.
    return [
        [*line.split(maxsplit=3)[:3], *shlex.split(line.split(maxsplit=3)[3])]
        for line in lines
        if line and not line.startswith("#")
    ]


@pytest.mark.parametrize("name", ready_names())
def test_each_case_gives_its_event_and_fields(name: str) -> None:
    wanted = cases(name)
    found = events_of([(method, int(status), url) for method, status, url, *_ in wanted], rule_set(name))
    for case, row in zip(wanted, found, strict=True):
        event, *fields = case[3:]
        given = {key: str(value) for key, value in row.items() if value is not None}
        told = dict(field.split("=", 1) for field in fields)
        assert given == ({} if event == "-" else {"event_name": event, **told}), case


@pytest.mark.parametrize("name", ready_names())
def test_each_rule_has_a_case_that_only_it_answers(name: str) -> None:
    """Without a rule at least one case must change: no dead rule, no rule without a case."""
    requests = [(method, int(status), url) for method, status, url, *_ in cases(name)]
    whole = rule_set(name)
    every = events_of(requests, whole)
    for rule in whole.rules:
        rest = tuple(other for other in whole.rules if other is not rule)
        assert events_of(requests, rule_set(name, rest)) != every, f"{rule.source}:{rule.line} {rule.event} {rule.path}"


@pytest.mark.parametrize("name", ready_names())
def test_a_set_covers_the_funnel(name: str) -> None:
    events = {rule.event for rule in rule_set(name).rules}
    assert events >= (EVERY_SHOP if name == "zanbil" else EVERY_SHOP | {"purchase", "add_payment_info"})
    assert events <= {*EVENTS, "none"}


@pytest.mark.parametrize("name", ready_names())
def test_changed_rules_have_a_new_version(name: str) -> None:
    """Rows carry the version: rules that differ must not share one. Add the new version's digest to versions.json."""
    whole = rule_set(name)
    assert VERSIONS[name].get(str(whole.version)) == digest(whole.rules)


def digest(rules: tuple[Rule, ...]) -> str:
    # Where a rule stands in its file is not part of what it does.
    return hashlib.sha256(json.dumps([astuple(rule)[:-2] for rule in rules]).encode()).hexdigest()[:16]
