"""Addresses, escapes and times: round trips and properties."""

from __future__ import annotations

import ipaddress
import json
from datetime import UTC, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shoplog.transforms.formats.addresses import Proxies, canonical, client_addresses, ip_address
from shoplog.transforms.text import unescaped
from tests.transforms.test_parse import GOOD, NOW, parse

# One call reads many values: the regular expression is built once a call.
FEW = settings(max_examples=40, deadline=None)
TEXTS = st.lists(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40), min_size=1, max_size=30
)
ZONES = st.integers(-12 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
MOMENTS = st.lists(
    st.datetimes(datetime(1995, 1, 2), datetime(2026, 11, 19), timezones=ZONES), min_size=1, max_size=50
)  # fmt: skip


@pytest.mark.parametrize(
    ("logged", "address"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
        ("2001:db8:0:1:0:0:0:1", "2001:db8:0:1::1"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("::FFFF:C633:6407", "198.51.100.7"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("198.51.100.7:51234", "198.51.100.7"),
        ("fe80::1%eth0", "fe80::1"),
        ("shop.example:443", "shop.example"),
        ("crawler.example", "crawler.example"),
        ("198.51.100.xxx", "198.51.100.xxx"),
        ("2001:db8:xxxx::", "2001:db8:xxxx::"),
        ("1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8:9"),
    ],
)
def test_an_address_has_one_spelling(logged: str, address: str) -> None:
    assert parse(GOOD.replace("203.0.113.9", logged))[0]["address"] == address


@pytest.mark.parametrize("nobody", ["-", "unix:"])
def test_a_line_without_an_address_is_a_hit_without_one(nobody: str) -> None:
    (row,) = parse(GOOD.replace("203.0.113.9", nobody))
    assert (row["reason"], row["address"]) == (None, None)


@given(st.ip_addresses())
@FEW
def test_addresses_are_spelled_as_the_standard_library_does(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    mapped = getattr(address, "ipv4_mapped", None)
    assert ip_address(address.exploded) == canonical(address.compressed) == str(mapped or address)


@pytest.mark.parametrize(
    ("forwarded", "own_proxies", "address"),
    [
        ("198.51.100.1, 198.51.100.2, 198.51.100.3", 0, "203.0.113.9"),
        ("198.51.100.1, 198.51.100.2, 198.51.100.3", 1, "198.51.100.3"),
        ("198.51.100.1, 198.51.100.2, 198.51.100.3", 2, "198.51.100.2"),
        ("198.51.100.1,198.51.100.2", 3, "203.0.113.9"),
        ("-", 1, "203.0.113.9"),
        ("", 1, "203.0.113.9"),
        ("192.0.2.66, <script>alert(1)</script>", 1, "203.0.113.9"),
        ("unknown", 1, "203.0.113.9"),
        ("192.0.2.66, ::ffff:198.51.100.4", 1, "198.51.100.4"),
        ("[2001:DB8::5]:443", 1, "2001:db8::5"),
        ("198.51.100.1:51234", 1, "198.51.100.1"),
        (", ".join(["192.0.2.66"] * 50_000 + ["198.51.100.9"]), 1, "198.51.100.9"),
        ("," * 100_000, 1, "203.0.113.9"),
    ],
)
def test_only_the_place_that_the_own_proxies_wrote_is_believed(forwarded: str, own_proxies: int, address: str) -> None:
    line = f'{GOOD} "{forwarded}"'
    (row,) = parse(line, log_format="nginx_main", own_proxies=own_proxies)
    assert (row["reason"], row["address"]) == (None, address)


def apache_escaped(text: str) -> str:
    """Return the text as Apache's log writes it: quotes and backslashes escaped, other bytes as \\xhh."""
    named = {0x22: '\\"', 0x5C: "\\\\"}
    return "".join(named.get(b) or (chr(b) if 32 <= b < 127 else f"\\x{b:02x}") for b in text.encode())


def nginx_escaped(text: str) -> str:
    """Return the text as nginx's log writes it."""
    return "".join(chr(b) if 32 <= b < 127 and b not in (0x22, 0x5C) else f"\\x{b:02X}" for b in text.encode())


@given(TEXTS)
@FEW
def test_what_apache_and_nginx_escape_comes_back(texts: list[str]) -> None:
    wanted = [None if text == "-" else text for text in texts]
    for escape in (apache_escaped, nginx_escaped):
        rows = parse(*(GOOD.replace("Agent/1", escape(text)) for text in texts))
        assert [row["user_agent"] for row in rows] == wanted
    body = {"remote_addr": "203.0.113.9", "time_iso8601": "2026-11-20T11:59:58Z", "status": 200}
    rows = parse(*(json.dumps({**body, "http_user_agent": text}) for text in texts), log_format="nginx_json")
    assert [row["user_agent"] for row in rows] == wanted


@pytest.mark.parametrize(
    ("written", "escapes", "text"),
    [
        (r"\xC3\xA9t\xc3\xa9", "backslash", "été"),
        (r"\x16\x03\x01\x00", "backslash", r"\x16\x03\x01\x00"),
        (r"\xDF\xBDV\xE7\xBB<", "backslash", "\u07fdV\\xE7\\xBB<"),
        (r"a\x09b\nc\x1b[2J", "backslash", r"a\x09b\nc\x1b[2J"),
        (r"\\x41 \" \q \x4", "backslash", r'\x41 " \q \x4'),
        ("\\", "backslash", "\\"),
        (r"a\u00e9\n", "json", r"a\u00e9\n"),
        (r"\ud800", "json", r"\ud800"),
        (r"\u0022\/", "json", '"/'),
        ("a\x1b[2J\nb", "control", r"a\x1B[2J\x0Ab"),
        ("Example/1.0+(bot;++https://x.example)", "plus", "Example/1.0 (bot; +https://x.example)"),
        ("with spaces C++", "plus", "with spaces C++"),
        ("a%20b%2520c%", "percent", "a b c%"),
        ("%1B[2J", "percent", "%1B[2J"),
        ("%FF", "percent", "\ufffd"),
        ("+1", "percent", "+1"),
    ],
)  # fmt: skip
def test_escapes_are_resolved_where_they_make_text(written: str, escapes: str, text: str) -> None:
    assert unescaped(pl.Series([written, None, "plain"]), escapes).to_list() == [text, None, "plain"]


def test_no_control_character_comes_out_of_an_escape() -> None:
    hostile = {"request": "GET /\u001b[2J\u0000 HTTP/1.1", "http_user_agent": "a\nb", "http_referer": "\u007f"}
    body = {"remote_addr": "203.0.113.9", "time_iso8601": "2026-11-20T11:59:58Z", "status": 200}
    (row,) = parse(json.dumps({**body, **hostile}), log_format="nginx_json")
    assert (row["url"], row["user_agent"], row["referrer"]) == (r"/\x1B[2J\x00", r"a\x0Ab", r"\x7F")


@given(MOMENTS)
@FEW
def test_every_offset_gives_the_moment_in_utc(moments: list[datetime]) -> None:
    moments = [moment.replace(microsecond=0) for moment in moments]
    rows = parse(*(GOOD.replace("20/Nov/2026:11:59:58 +0000", f"{m:%d/%b/%Y:%H:%M:%S %z}") for m in moments))
    assert [row["event_time"] for row in rows] == moments
    assert {row["event_time"].utcoffset() for row in rows} == {timedelta(0)}
    assert [row["event_date"] for row in rows] == [moment.astimezone(UTC).date() for moment in moments]


@given(MOMENTS)
@FEW
def test_iso_times_and_epochs_keep_their_microseconds(moments: list[datetime]) -> None:
    iso = parse(*(f"{m.isoformat()} {m.year} 200" for m in moments), log_format="$time_iso8601 $year $status")
    epochs = [f"{int(m.timestamp())}.{m.microsecond:06d} 200" for m in moments]
    assert [row["event_time"] for row in iso] == moments
    assert [row["event_time"] for row in parse(*epochs, log_format="$msec $status")] == moments


@pytest.mark.parametrize(
    ("stamp", "reason"),
    [
        ("29/Feb/2025:00:00:00 +0000", "bad_time"),
        ("20/Nov/12026:00:00:00 +0000", "bad_time"),
        ("20/Nov/-0001:00:00:00 +0000", "bad_time"),
        ("20/Nov/0000:00:00:00 +0000", "bad_time"),
        ("20/Nov/2026:24:00:00 +0000", "bad_time"),
        ("20/Nov/2026:11:59:58 +9999", "bad_time"),
        ("20/Nov/2026:11:59:58", "bad_time"),
        ("20/Nov/2026:11:59:58 Europe/Berlin", "bad_time"),
        ("31/Dec/1994:23:59:59 +0000", "bad_time"),
        ("20/Nov/9999:00:00:00 +0000", "future"),
        ("30/Jun/2015:23:59:60 +0000", None),
    ],
)
def test_absurd_times_are_refused(stamp: str, reason: str | None) -> None:
    (row,) = parse(GOOD.replace("20/Nov/2026:11:59:58 +0000", stamp))
    assert row["reason"] == reason
    assert reason is not None or row["event_time"] == datetime(2015, 7, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("logged", "duration_ms"),
    [
        ("0.25", 250.0),
        ("0", 0.0),
        ("-", None),
        ("-1", None),
        ("NaN", None),
        ("inf", None),
        ("1e999", None),
        ("soon", None),
    ],
)
def test_times_that_are_none_are_null(logged: str, duration_ms: float | None) -> None:
    (row,) = parse(f"2026-11-20T11:59:58Z 200 {logged}", log_format="$time_iso8601 $status $request_time")
    assert (row["reason"], row["duration_ms"]) == (None, duration_ms)


@pytest.mark.parametrize(
    ("logged", "upstream_ms"),
    [("0.010", 10.0), ("0.010, 0.020 : 0.030", 60.0), ("-, 0.020", 20.0), ("-", None), ("0.010, soon", None)],
)
def test_upstream_times_are_added_up(logged: str, upstream_ms: float | None) -> None:
    (row,) = parse(f"2026-11-20T11:59:58Z {logged} 200", log_format="$time_iso8601 $upstream_response_time $status")
    assert (row["reason"], row["upstream_ms"]) == (None, upstream_ms)
    assert row["event_time"] < NOW


@pytest.mark.parametrize(
    ("peer", "forwarded", "networks", "visitor"),
    [
        ("192.0.2.1", "203.0.113.9", (), "203.0.113.9"),
        ("192.0.2.1", "203.0.113.9", ("192.0.2.0/28",), "203.0.113.9"),
        ("198.51.100.66", "203.0.113.9", ("192.0.2.0/28",), "198.51.100.66"),
        ("192.0.2.1", "10.0.0.1, 203.0.113.9", ("192.0.2.0/28",), "203.0.113.9"),
        ("2001:db8::1", "203.0.113.9", ("192.0.2.0/28", "2001:db8::/64"), "203.0.113.9"),
        ("host.example", "203.0.113.9", ("192.0.2.0/28",), "host.example"),
    ],
)
def test_a_forwarded_address_counts_only_from_a_peer_that_is_a_proxy_of_ours(
    peer: str, forwarded: str, networks: tuple[str, ...], visitor: str
) -> None:
    found = client_addresses(pl.Series([peer]), pl.Series([forwarded]), Proxies(1, networks))
    assert found.to_list() == [visitor]
