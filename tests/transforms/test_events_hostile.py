"""Any URL: never a failure, and the same answer as a plain Python reading of the rules, one request at a time."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shoplog.contracts.events import EVENT_COLUMNS, FIELDS, MAX_URL_BYTES, NO_EVENT, Rule
from shoplog.rules import ready_names
from shoplog.transforms.percent import percent_decoded
from tests.sites.events import events_of, rule_set

CASES = Path(__file__).parents[1] / "sites/cases"
REQUESTS = {
    name: [
        line.split()[:3]
        for line in (CASES / f"{name}.txt").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    for name in ready_names()
}
TOLD = ("event_name", "item_id", "order_id", "coupon", "search_term", "item_category")
SCRAPS = st.sampled_from(
    [*"?&=#/%+.;:[]|", "%2F", "%C3%A9", "%00", "%FF", "&amp;", "//", "\u202e", "é", "😀", "=1", "id=2"]
)
STATUSES = st.sampled_from([None, 0, 100, 199, 200, 204, 302, 304, 404, 599])


@st.composite
def bent_requests(draw: st.DrawFn, name: str) -> tuple[str, int | None, str]:
    """A real URL of the set with scraps put in, cut out or doubled."""
    method, status, url = draw(st.sampled_from(REQUESTS[name]))
    for _ in range(draw(st.integers(0, 3))):
        at, end = sorted((draw(st.integers(0, len(url))), draw(st.integers(0, len(url)))))
        url = draw(st.sampled_from([url[:at] + url[end:], url[:end] + url[at:], url[:at] + draw(SCRAPS) + url[at:]]))
    return method, draw(st.sampled_from([int(status)]) | STATUSES), url


@pytest.mark.parametrize("name", ready_names())
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_the_answer_is_that_of_a_plain_reading(name: str, data: st.DataObject) -> None:
    rules = rule_set(name)
    requests = data.draw(st.lists(bent_requests(name), min_size=10, max_size=30))
    for request, row in zip(requests, events_of(requests, rules), strict=True):
        told = {key: row[key] for key in TOLD}
        assert told == plain_reading(*request, rules.rules), request


def plain_reading(method: str, status: int | None, url: str, rules: tuple[Rule, ...]) -> dict[str, str | None]:
    nothing = dict.fromkeys(TOLD)
    parts = re.fullmatch(r"([^?#]*)(?:\?([^#]*))?(?:#.*)?", url, re.DOTALL)
    if status is None or len(url.encode()) > MAX_URL_BYTES or parts is None:
        return nothing
    given = [pair.removeprefix("amp;").partition("=") for pair in (parts[2] or "").split("&")]
    query: dict[str, str] = {}
    for key, equals, value in given:
        if equals:
            query.setdefault(unquote(key) if "%" in key else key, value.replace("+", "%20"))
    for rule in rules:
        found = pattern(rule.path).fullmatch(parts[1])
        fits = method in rule.methods and any(word in (str(status), f"{status // 100}xx") for word in rule.statuses)
        asked = all(pattern(text).fullmatch(plain(query.get(name, ""))) for name, text in rule.where)
        if not (found and fits and asked):
            continue
        if rule.event == NO_EVENT:
            return nothing
        texts = {**found.groupdict(), **{field: query.get(name) for field, name in rule.query}}
        fields = {field: plain(text)[: FIELDS[field]] or None for field, text in texts.items() if text is not None}
        names = {"item_category": "category"}
        return {**{key: fields.get(names.get(key, key)) for key in nothing}, "event_name": rule.event}
    return nothing


@cache
def pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


def plain(text: str) -> str:
    def run(found: re.Match[str]) -> str:
        try:
            decoded = unquote(found[0], errors="strict")
        except UnicodeDecodeError:
            return found[0]
        return found[0] if any(ord(char) < 32 or 127 <= ord(char) < 160 for char in decoded) else decoded

    return re.sub("(?:%[0-9a-fA-F]{2})+", run, text)


@given(st.lists(st.tuples(st.text(max_size=8) | st.none(), STATUSES, st.text() | st.none()), max_size=20))
@settings(max_examples=50, deadline=None)
def test_any_text_is_a_url_that_does_no_harm(requests: list[tuple[str | None, int | None, str | None]]) -> None:
    for name in ("woocommerce", "prestashop"):
        rows = events_of(requests, rule_set(name))
        assert len(rows) == len(requests)
        assert all(set(row) == {column.name for column in EVENT_COLUMNS} for row in rows)


@given(st.text() | st.text(alphabet="%0123456789abcdefABCDEFxyz"))
@settings(max_examples=500, deadline=None)
def test_decoding_never_fails_and_shows_no_control_character(text: str) -> None:
    once = percent_decoded(text)
    assert len(once) <= len(text)
    if "%" not in text:
        assert once == text
    assert not set(map(ord, once)) & {*range(32), *range(127, 160)} - set(map(ord, text))
