"""What a user may ask, and the sentence for what is no question."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from shoplog.errors import UserError
from shoplog.report.question import Filter, Span, parse_compare, parse_filters, parse_moment, parse_span

DAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("texts", "filters"),
    [
        ([], ()),
        (["channel=Organic Search"], (Filter("channel", ("Organic Search",)),)),
        (["path=/a?b=c=d"], (Filter("path", ("/a?b=c=d",)),)),
        (["path=/a", "country=DE", "path=/b"], (Filter("path", ("/a", "/b")), Filter("country", ("DE",)))),
        (["country!=DE"], (Filter("country", ("DE",), negated=True),)),
        (["campaign="], (Filter("campaign", (None,)),)),
        (["search_term=two\nlines"], (Filter("search_term", ("two\nlines",)),)),
    ],
)
def test_a_filter_is_read_as_it_is_written(texts: list[str], filters: tuple[Filter, ...]) -> None:
    assert parse_filters(texts) == filters


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "chanel=Email",
            "Dimension 'chanel' is unknown: use one of http_status, path, channel, .*item_category.*, or --site",
        ),
        ("kafka_partition=1", "Dimension 'kafka_partition' is unknown"),
        ("channel", "'channel' is no filter: write it as dimension=value"),
        ("channel=Organic Serch", "channel is never 'Organic Serch': use one of Direct, "),
    ],
)
def test_what_is_no_filter_gets_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        parse_filters([text])


def test_the_period_before_has_the_same_length() -> None:
    week = parse_span(DAY, date(2026, 11, 26))
    assert parse_compare("previous", week) == Span(date(2026, 11, 13), date(2026, 11, 19))
    assert parse_compare("2025-11-20", week) == Span(date(2025, 11, 20), date(2025, 11, 26))
    assert parse_compare(None, week) is None
    assert parse_span(DAY, None) == Span(DAY, DAY)


def test_a_moment_without_a_zone_is_utc() -> None:
    assert parse_moment("2026-11-24T06:00", NOW) == datetime(2026, 11, 24, 6, tzinfo=UTC)
    assert parse_moment("2026-11-24T06:00+02:00", NOW) == datetime(2026, 11, 24, 4, tzinfo=UTC)
    assert parse_moment(None, NOW) is None


def test_what_is_no_period_or_moment_gets_a_sentence() -> None:
    for sentence, wrong in {
        "'yesterday' is no period": lambda: parse_compare("yesterday", Span(DAY, DAY)),
        "--to 2026-11-19 is before --date 2026-11-20": lambda: parse_span(DAY, date(2026, 11, 19)),
        "'noon' is no moment": lambda: parse_moment("noon", NOW),
        "is in the future": lambda: parse_moment("2026-11-24T12:01", NOW),
    }.items():
        with pytest.raises(UserError, match=sentence):
            wrong()
