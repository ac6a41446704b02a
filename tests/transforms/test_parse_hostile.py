"""Hostile lines: accepted or refused by a stated rule, never a crash, never work that grows faster than the line."""

from __future__ import annotations

import resource
from collections import Counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shoplog.contracts.columns import REASONS
from shoplog.transforms.formats import NAMED, compile_format
from shoplog.transforms.parse import Reading, parse_lines
from tests.transforms.test_parse import GOOD, frame, parse

# Two user agents that send a backtracking engine into exponential or cubic time.
REDOS = ("SmartWatch(" + " " * 3500 + "z", ";A Build HuaweiA" + "4" * 3500)
MEGABYTE = "x" * 1_000_000
JSON = '{"remote_addr": "203.0.113.9", "time_iso8601": "2026-11-20T11:59:58Z", "status": 200, "http_user_agent": %s}'


def cpu_seconds(rows: pl.DataFrame, log_format: str) -> float:
    """Return the least of three times that parsing takes this process, in CPU seconds."""
    times = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_SELF)
        parse_lines(rows, {"shop": Reading(log_format, 1)})
        after = resource.getrusage(resource.RUSAGE_SELF)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(times)


@pytest.mark.parametrize("agent", [*REDOS, MEGABYTE, " " * 900_000, '\\"' * 400_000, "\\x41 " * 200_000, "(" * 900_000])
def test_a_hostile_agent_is_a_hit_like_any_other(agent: str) -> None:
    line = GOOD.replace("Agent/1", agent)
    before, row, after = parse(GOOD, line, GOOD)
    assert (before["reason"], row["reason"], after["reason"]) == (None, None, None)
    assert len(row["user_agent"]) >= len(agent) // 5
    # Without its closing quote the same line fits nowhere: the engine has to look at every way to read it.
    assert parse(line[:-1])[0]["reason"] == "unparsable"


@pytest.mark.parametrize("agent", [*REDOS, "a" * 3500, " " * 3500, '\\"' * 1750, "\\x41 " * 700, ", " * 1750])
@pytest.mark.parametrize("log_format", ["combined", "ingress_nginx", "haproxy"])
def test_the_work_grows_with_the_line_and_not_faster(agent: str, log_format: str) -> None:
    """Ten times the line may take at most forty times the work: a square takes a hundred, and more."""
    line = GOOD + " 462 0.051 [a] [] 192.0.2.1:80 0 0.010 502 7f01" if log_format == "ingress_nginx" else GOOD

    def batch(times: int) -> pl.DataFrame:
        hostile = line.replace("Agent/1", agent * times)
        return frame(*[hostile, hostile[:-1], hostile.replace('"', ""), agent * times] * 4)

    one, ten = (cpu_seconds(batch(times), log_format) for times in (8, 80))
    assert ten < 40 * one


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        ("%00%0d%0a%2e%2e%2f%c0%af%%%zz%", None),
        ("../../../../etc/passwd", None),
        ("?<script>alert(1)</script>", None),
        ("?" + "%25" * 100_000, None),
        ("#" * 1000, None),
        ("http://evil.example/%20", None),
        ("\u202egnp.exe", None),
        ("\x00", "control_character"),
        ("\x1b]0;title\x07", "control_character"),
        ("\x7f", "control_character"),
        ("\r", "control_character"),
        ("\n203.0.113.1 - - [forged]", "control_character"),
    ],
)
def test_targets_are_text_and_control_characters_are_not(part: str, reason: str | None) -> None:
    (row,) = parse(GOOD.replace("/a/b?c=d#e", f"/{part}"))
    assert row["reason"] == reason
    assert row["url"] == (None if reason else f"/{part}")
    assert reason or row["path"] == ("/" + part).split("?")[0].split("#")[0]


@pytest.mark.parametrize("method", ["BREW", "a", "X-" + "A" * 30, "PROPFIND", "get"])
def test_any_word_is_a_method(method: str) -> None:
    (row,) = parse(GOOD.replace("GET", method))
    assert (row["reason"], row["method"]) == (None, method)


@pytest.mark.parametrize(
    "request_line", ["", "-", "GET", "A" * 33 + " / HTTP/1.1", "GET / / HTTP/1.1", "(GET) / HTTP/1.1", "\\x16\\x03"]
)
def test_what_is_no_request_is_a_hit_without_one(request_line: str) -> None:
    (row,) = parse(GOOD.replace("GET /a/b?c=d#e HTTP/1.1", request_line))
    assert (row["reason"], row["method"], row["url"], row["path"]) == (None, None, None, None)


@pytest.mark.parametrize(
    ("size", "reason"),
    [("0", None), ("-", None), ("9223372036854775807", None), ("9223372036854775808", "unparsable"), ("-1", "unparsable"),
     ("-0", None), ("1e3", "unparsable"), ("0x10", "unparsable"), ("1.5", "unparsable"), ("NaN", "unparsable")],
)  # fmt: skip
def test_a_size_is_a_whole_number_from_0(size: str, reason: str | None) -> None:
    assert parse(GOOD.replace(" 512 ", f" {size} "))[0]["reason"] == reason


@pytest.mark.parametrize("status", ["000", "99", "600", "-200", "2 00", "OK", "200.0", "٢٠٠"])
def test_a_status_that_is_none_is_refused(status: str) -> None:
    assert parse(GOOD.replace(" 200 ", f" {status} "))[0]["reason"] in ("bad_status", "unparsable")


@pytest.mark.parametrize(
    ("line", "reason", "agent"),
    [
        (JSON % '"x"', None, "x"),
        (JSON % "null", None, None),
        (JSON % "true", None, "true"),
        (JSON % "17", None, "17"),
        (JSON % '{"a": ["b"]}', None, '{"a":["b"]}'),
        (JSON % ('"first", "http_user_agent": "second"'), None, "first"),
        (JSON % ("[" * 10_000 + "]" * 10_000), None, "[" * 10_000 + "]" * 10_000),
        (JSON % ('{"a":' * 10_000 + "1" + "}" * 10_000), None, '{"a":' * 10_000 + "1" + "}" * 10_000),
        (JSON % "NaN", None, "NaN"),
        (JSON % ('"x", "body_bytes_sent": NaN'), "unparsable", None),
        (JSON % ('"x", "body_bytes_sent": -1'), "unparsable", None),
        (JSON % ('"x", "body_bytes_sent": 99999999999999999999'), "unparsable", None),
        (JSON % ('"x", "request_time": NaN'), None, "x"),
        ((JSON % '"x"').replace("200", '"200"'), None, "x"),
        ((JSON % '"x"').replace("200", "NaN"), "bad_status", None),
        ((JSON % '"x"').replace("200", "1e2"), "bad_status", None),
        ((JSON % '"x"').replace("200", "{}"), "bad_status", None),
        ((JSON % '"x"').replace("200", "null"), "unparsable", None),
        ((JSON % '"x"').replace('"203.0.113.9"', "null"), "unparsable", None),
        ((JSON % '"x"').replace('"2026-11-20T11:59:58Z"', "1795163398"), "bad_time", None),
        (JSON % '"\\ud800"', "unparsable", None),
        (JSON % '"a\x01b"', "control_character", None),
        (JSON % '"x"' + " trailing", "unparsable", None),
        ((JSON % '"x"') * 2, "unparsable", None),
        ((JSON % '"x"')[:-5], "unparsable", None),
        ("{" * 100_000, "unparsable", None),
        ("[]", "unparsable", None),
        ("{}", "unparsable", None),
        ('{"__proto__": {"status": 200}}', "unparsable", None),
        ("null", "unparsable", None),
        ("", "empty", None),
    ],
)
def test_json_is_read_by_stated_rules(line: str, reason: str | None, agent: str | None) -> None:
    before, row, after = parse(JSON % '"a"', line, JSON % '"z"', log_format="nginx_json")
    assert (before["user_agent"], after["user_agent"]) == ("a", "z")
    assert (row["reason"], row["user_agent"]) == (reason, agent)


BYTES = st.one_of(
    st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
)  # fmt: skip


@given(st.lists(BYTES, min_size=1, max_size=30))
@settings(max_examples=15, deadline=None)
def test_no_bytes_break_any_format(bodies: list[bytes]) -> None:
    for name in NAMED:
        rows = parse(*bodies, log_format=name)
        assert [row["raw"] for row in rows] == bodies
        assert {row["reason"] for row in rows} <= {*REASONS, None}


@given(
    st.lists(st.tuples(st.integers(0, len(GOOD)), st.integers(0, 8), st.binary(max_size=8)), min_size=1, max_size=40)
)
@settings(max_examples=40, deadline=None)
def test_a_damaged_line_has_fields_or_a_reason(cuts: list[tuple[int, int, bytes]]) -> None:
    bodies = [GOOD.encode()[:at] + put + GOOD.encode()[at + width :] for at, width, put in cuts]
    for row in parse(*bodies):
        refused = row["reason"] is not None
        assert refused == (row["event_time"] is None) == (row["status"] is None)
        assert refused or (100 <= row["status"] <= 599 and row["bytes_sent"] >= 0)


def test_a_frame_of_bad_lines_only_and_an_empty_frame() -> None:
    assert Counter(row["reason"] for row in parse(*[b"\xff"] * 100)) == {"not_utf8": 100}
    assert parse() == []
    assert parse_lines(frame(GOOD), {}).to_dicts()[0]["reason"] == "unknown_site"
    assert compile_format("combined") is compile_format("combined")
