"""The report's four forms, of one report written by hand."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest

from shoplog.contracts.figures import Figure
from shoplog.report.as_csv import COLUMNS, to_csv
from shoplog.report.as_html import to_html
from shoplog.report.as_json import to_json
from shoplog.report.as_text import to_text
from shoplog.report.model import Day, LeftOut, Report, Row, SectionReport, SiteReport, Value
from shoplog.report.question import Filter, Question, Span
from shoplog.report.words import number_text

DAY, BEFORE = date(2026, 11, 20), date(2026, 11, 19)
NIGHT = datetime(2026, 11, 21, 2, tzinfo=UTC)
REQUESTS = Figure("requests", "requests", "requests", "accepted lines", True)
RATIO = Figure("bot_ratio", "a / b", "ratio", "share of bots", False)
REVENUE = Figure("revenue", "revenue", "site currency", "sum of values", False)
HOSTILE = (
    '<script>alert(1)</script>"><img src=x onerror=alert(2)>',
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% for x in y %}",
    "[red]bold[/red]",
    "\x1b]0;owned\x07\x1b[2J",
    "moc.knab\u202e/\u200bx",
    "=cmd|' /C calc'!A0",
    "x" * 100_000,
)


def report(*paths: str | None, compare: bool = True) -> Report:
    """One dirty day of a site with an exact section and one of paths."""
    question = Question(
        Span(DAY, DAY), Span(BEFORE, BEFORE) if compare else None, (Filter("path", ("/<b>", None)),), NIGHT
    )
    one = Row((), (Value(12_000, 10_000, 2_000, 20.0), Value(0.25, 0.5, -0.25, -50.0)))
    money = Row((), (Value(Decimal("1234.50"), None),))
    rows = tuple(Row((path, None), (Value(3 - n, 0, 3 - n, None),)) for n, path in enumerate(paths))
    sections = (
        SectionReport("traffic", "Traffic", "final_dirty", (), (REQUESTS, RATIO), (one,), 1),
        SectionReport("orders", "Orders", "final_dirty", (), (REVENUE,), (money,), 1),
        SectionReport("not_found", "Not found", "provisional", ("path", "referrer"), (REQUESTS,), rows, 1_234),
    )
    day = Day(DAY, "final_dirty", 12_000, NIGHT, 3, 7, True)
    site = SiteReport("shop", "EUR", "final_dirty", (day,), (), sections)
    return Report(question, 9, (site,), (LeftOut("bots", "no path"), LeftOut("events", "no path")))


def test_json_is_one_object_of_stable_form() -> None:
    text = to_json(report("/a"))
    assert "\n" not in text
    made = json.loads(text)
    assert list(made) == [
        "form", "period", "compared_with", "as_of", "filters", "live_version", "left_out", "sides", "sites",
    ]  # fmt: skip
    (site,) = made.pop("sites")
    assert made == {
        "form": 1,
        "period": {"from": "2026-11-20", "to": "2026-11-20"},
        "compared_with": {"from": "2026-11-19", "to": "2026-11-19"},
        "as_of": "2026-11-21T02:00:00+00:00",
        "filters": [{"dimension": "path", "values": ["/<b>", None], "negated": False}],
        "live_version": 9,
        "left_out": [{"section": name, "because": "no path", "site": None} for name in ("bots", "events")],
        "sides": None,
    }
    traffic, orders, not_found = site.pop("sections")
    day = {"day": "2026-11-20", "status": "final_dirty", "requests": 12_000, "published_at": "2026-11-21T02:00:00+00:00",
           "waiting_requests": 3, "bronze_version": 7, "is_followed": True}  # fmt: skip
    assert site == {
        "site": "shop", "currency": "EUR", "status": "final_dirty", "days": [day], "compared_days": [], "snapshot": None,
    }  # fmt: skip
    assert traffic == {
        "name": "traffic", "title": "Traffic", "status": "final_dirty", "dimensions": [], "rows_in_all": 1,
        "figures": [{"name": "requests", "unit": "requests", "meaning": "accepted lines"},
                    {"name": "bot_ratio", "unit": "ratio", "meaning": "share of bots"}],
        "rows": [{"dimensions": {}, "values": {
            "requests": {"value": 12_000, "previous": 10_000, "change": 2_000, "change_percent": 20.0},
            "bot_ratio": {"value": 0.25, "previous": 0.5, "change": -0.25, "change_percent": -50.0}}}],
    }  # fmt: skip
    # Money is a text: no reader rounds it. Unknown is null.
    assert orders["rows"][0]["values"]["revenue"] == {
        "value": "1234.50", "previous": None, "change": None, "change_percent": None,
    }  # fmt: skip
    assert not_found["rows_in_all"] == 1_234
    assert not_found["rows"][0]["dimensions"] == {"path": "/a", "referrer": None}


def test_csv_is_one_line_a_figure() -> None:
    lines = list(csv.DictReader(io.StringIO(to_csv(report("/a,\n\"b'")))))
    assert tuple(lines[0]) == COLUMNS
    about = {"site": "shop", "from": "2026-11-20", "to": "2026-11-20"}
    assert lines[0] == {**about, "section": "traffic", "dimensions": "{}", "metric": "requests", "unit": "requests",
                        "value": "12000", "previous": "10000", "change": "2000", "change_percent": "20.0"}  # fmt: skip
    assert [line["metric"] for line in lines] == ["requests", "bot_ratio", "revenue", "requests"]
    assert (lines[2]["value"], lines[2]["previous"]) == ("1234.50", "")
    assert json.loads(lines[3]["dimensions"]) == {"path": "/a,\n\"b'", "referrer": None}


def test_no_text_in_a_csv_is_a_formula_of_a_spreadsheet() -> None:
    for line in csv.reader(io.StringIO(to_csv(report(*HOSTILE, "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1")))):
        assert not [cell for cell in line[:7] if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


class Page(HTMLParser):
    """The tags, attributes and text of a page as a browser reads them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("path", HOSTILE)
def test_a_page_shows_hostile_paths_as_text(path: str) -> None:
    harmless, hostile = Page(to_html(report("/a"))), Page(to_html(report(path)))
    assert hostile.tags == harmless.tags
    assert [name for name, _ in hostile.attributes] == [name for name, _ in harmless.attributes]
    assert path[:5].replace("\x1b", "\\u001b").replace("\u202e", "\\u202e") in hostile.text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e]", hostile.text)
    assert len(hostile.text) < len(harmless.text) + 1_000


def test_a_page_loads_nothing_and_runs_nothing() -> None:
    page = to_html(report("/a"))
    read = Page(page)
    assert not {"script", "img", "link", "iframe", "a", "form", "object"} & set(read.tags)
    assert not [name for name, _ in read.attributes if name.startswith("on") or name in ("src", "href")]
    assert "default-src 'none'" in page
    assert "url(" not in page and "@import" not in page


def test_a_page_says_what_the_figures_are_worth() -> None:
    text = Page(to_html(report("/a", "/b"))).text
    assert "final_dirty: recomputed and published; lines came in since" in text
    assert "3 requests waiting" in text
    assert "no lines in the period to compare with" in text
    assert "2 of 1,234" in text
    assert "Not found (provisional)" in text
    assert "sessions that run over midnight are whole once the next day is published" in text
    assert "bots, events: no path" in text


def test_a_bar_is_as_long_as_its_share_of_the_largest() -> None:
    styles = [value for name, value in Page(to_html(report("/a", "/b", "/c"))).attributes if name == "style"]
    assert styles == ["width: 100.0%", "width: 66.7%", "width: 33.3%"]


def test_text_is_read_without_a_terminal() -> None:
    lines = to_text(report("/a", None)).splitlines()
    assert lines[0] == (
        "shoplog report: 2026-11-20 (UTC), compared with 2026-11-19, as known at 2026-11-21 02:00:00 UTC, "
        "path is /<b> or unknown"
    )
    words = [line.split() for line in lines]
    assert ["requests", "12,000", "10,000", "+2,000", "+20.0", "%"] in words
    assert ["bot_ratio", "25.00", "%", "50.00", "%", "-25.00", "points"] in words
    assert ["revenue", "1,234.50", "EUR", "-", "-"] in words
    assert ["/a", "(none)", "3", "(new)"] in words
    assert "Not found (provisional) (2 of 1,234)" in lines
    assert "  bots, events: no path" in lines


@pytest.mark.parametrize("path", HOSTILE)
def test_text_gives_a_terminal_nothing_to_act_on(path: str) -> None:
    shown = to_text(report(path, compare=False))
    assert all(c.isprintable() or c == "\n" for c in shown)
    assert len(shown.splitlines()) == len(to_text(report("/a", compare=False)).splitlines())
    assert max(map(len, shown.splitlines())) < 400


@pytest.mark.parametrize(
    ("number", "unit", "shown"),
    [
        (None, "requests", "-"),
        (0, "requests", "0"),
        (1_234_567, "requests", "1,234,567"),
        (999, "bytes", "999 B"),
        (1_500_000, "bytes", "1.5 MB"),
        (0.99987, "ratio", "99.99 %"),
        (2.34, "ms", "2.3 ms"),
        (1_234.6, "ms", "1,235 ms"),
        (Decimal("0.10"), "site currency", "0.10 EUR"),
    ],
)
def test_a_number_has_its_unit(number: Any, unit: str, shown: str) -> None:
    assert number_text(number, Figure("x", "x", unit, "x", True), "EUR") == shown
