"""Format strings in every language: what they compile to, and what is refused."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import apachelogs
import pytest

from shoplog.contracts.columns import REASONS
from shoplog.errors import UserError
from shoplog.sites import LOG_FORMATS, check_log_format
from shoplog.transforms.formats import NAMED, FormatError, compile_format
from shoplog.transforms.formats.model import FIELDS
from shoplog.transforms.formats.w3c import header_format
from tests.transforms.test_parse import parse

DOCS = (Path(__file__).parents[2] / "docs/formats.md").read_text()
TIME = datetime(2026, 11, 20, 8, 29, 58, tzinfo=UTC)
# From the handbooks' examples of custom formats: a line, and what it must give.
STRINGS = [
    (
        '%h %l %u %t "%r" %>s %b %D %{us}T',
        '198.51.100.7 - - [20/Nov/2026:08:29:58 +0000] "GET / HTTP/1.1" 200 5 1500 1500',
        {"duration_ms": 1.5, "bytes_sent": 5},
    ),
    (
        'LogFormat "%v:%p %h %l %u %t \\"%r\\" %>s %O \\"%{Referer}i\\" \\"%{User-Agent}i\\"" vhost_combined',
        'shop.example:80 198.51.100.7 - - [20/Nov/2026:08:29:58 +0000] "GET / HTTP/1.1" 200 5 "-" "a \\"b\\" c"',
        {"vhost": "shop.example", "bytes_sent": 5, "user_agent": 'a "b" c'},
    ),
    (
        '%{%Y-%m-%d %H:%M:%S}t.%{usec_frac}t %{%z}t|%a|%m|%U|%q|%>s|%B|%{User-Agent}i',
        "2026-11-20 11:59:58.000250 +0330|198.51.100.7|GET|/a b|?c=d|200|5|An agent with spaces",
        {"event_time": TIME.replace(microsecond=250), "url": "/a b?c=d", "path": "/a b", "user_agent": "An agent with spaces"},
    ),
    (
        "%{msec}t\t%a\t%>s\t%U%q\t%{ms}T",
        "1795163398250\t198.51.100.7\t200\t/a?b\t17",
        {"event_time": TIME.replace(microsecond=250_000), "url": "/a?b", "duration_ms": 17.0},
    ),
    ("%{sec}t %s %>s %h %{c}a", "1795163398 301 200 host.example 198.51.100.7", {"status": 200, "address": "host.example"}),
    (
        '%h %{X-Forwarded-For}i %l %u %t "%r" %>s %b',
        '192.0.2.1 203.0.113.9, 198.51.100.7 - - [20/Nov/2026:08:29:58 +0000] "GET / HTTP/1.1" 200 5',
        {"address": "192.0.2.1"},
    ),
    (
        "log_format timed '$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent '\n"
        "  'rt=$request_time urt=\"$upstream_response_time\" cache=$upstream_cache_status';",
        '198.51.100.7 - - [20/Nov/2026:08:29:58 +0000] "GET / HTTP/2.0" 200 5 rt=0.120 urt="0.050 : 0.060, -" cache=HIT',
        {"duration_ms": 120.0, "upstream_ms": 110.0, "cache_status": "HIT"},
    ),
    (
        "$time_iso8601 ${remote_addr}:$remote_port $request_method $uri$is_args$args $status $host",
        "2026-11-20T08:29:58+00:00 2001:DB8:0::7:51234 GET /a?b=c 200 shop.example",
        {"address": "2001:db8::7", "url": "/a?b=c", "vhost": "shop.example"},
    ),
    (
        "$msec $remote_addr $request_method $uri $status $args",
        "1795163398.250 198.51.100.7 GET /a 200 b=c",
        {"event_time": TIME.replace(microsecond=250_000), "url": "/a?b=c"},
    ),
    (
        'escape=json {"t":"$time_iso8601","a":"$remote_addr","r":"$request","s":$status,"u":"$http_user_agent"}',
        '{"t":"2026-11-20T08:29:58+00:00","a":"198.51.100.7","r":"GET /\\"\\u00e9 HTTP/1.1","s":200,"u":"a\\\\b\\u001b"}',
        {"url": '/"é', "user_agent": "a\\\\b\\u001b"},
    ),
    (
        "escape=none $time_iso8601 $remote_addr $status \"$http_user_agent\"",
        '2026-11-20T08:29:58+00:00 198.51.100.7 200 "\\x41"',
        {"user_agent": "\\x41"},
    ),
    (
        "w3c: time date c-ip cs-method cs-uri sc-status time-taken x-other",
        '08:29:58 2026-11-20 198.51.100.7 GET https://shop.example/a?b=c 200 0.5 "two words"',
        {"event_time": TIME, "vhost": "shop.example", "url": "/a?b=c", "duration_ms": 500.0},
    ),
    (
        "json: address=client/ip time_local=at status=code url=target user_agent=headers/agent/0 duration_ms=ms",
        '{"client": {"ip": "::ffff:198.51.100.7"}, "at": "20/Nov/2026:11:59:58 +0330", "code": 200, "target": "/a", '
        '"headers": {"agent": ["first", "second"]}, "ms": 1.5}',
        {"event_time": TIME, "address": "198.51.100.7", "user_agent": "first", "duration_ms": 1.5},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "fields"), STRINGS)
def test_a_custom_string_reads_its_lines(text: str, line: str, fields: dict[str, object]) -> None:
    (row,) = parse(line, log_format=text)
    assert row["reason"] is None
    assert {"event_time": TIME, **{name: row[name] for name in fields}} == {"event_time": TIME, **fields}
    assert row["event_time"].replace(microsecond=0) == TIME


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nosuch", "use one of combined, common"),
        ("", "is unknown"),
        ('%h "%r" %t', "no status"),
        ('%h "%r" %>s', "no time"),
        ("%h %>s %{%H:%M:%S}t", "time without a date"),
        ("%h %>s %{%Y-%Q}t", "%Q"),
        ("%t %>s %{weeks}T", "weeks"),
        ("%t %>s 100%", "no LogFormat directive"),
        ("w3c:", "needs its fields"),
        ("iis: date time c-ip", "no status"),
        ("json: status=code", "no time"),
        ("json: status=code time=a epoch_s=b", "one time"),
        ("json: status=code weather=rain", "'weather=rain'"),
    ],
)
def test_a_string_that_makes_no_hits_is_refused_in_one_sentence(text: str, words: str) -> None:
    with pytest.raises(FormatError, match=re.escape(words)):
        compile_format(text)
    with pytest.raises(UserError, match=re.escape(words)):
        check_log_format(text)


@pytest.mark.parametrize(
    "text",
    ["%h %l %u %t \"%r\" %>s %b", "%v:%p %h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\"",
     '%h %t "%m %U%q %H" %s %B %D', '%a %{%Y-%m-%dT%H:%M:%S%z}t "%r" %>s %b "%{Cookie}i" %{ms}T'],
)  # fmt: skip
def test_apachelogs_reads_the_same_of_the_same_format(text: str) -> None:
    line = {
        "%h %l": '198.51.100.7 - ada [20/Nov/2026:11:59:58 +0330] "POST /a?b HTTP/1.1" 302 -',
        "%v:%p": 'shop.example:1 198.51.100.7 - ada [20/Nov/2026:11:59:58 +0330] "GET /\\xc3\\xa9 HTTP/1.1" 200 5 "-" "q\\"x\\\\"',
        "%h %t": '198.51.100.7 [20/Nov/2026:11:59:58 +0330] "GET /a?b HTTP/1.1" 404 12 1500',
        "%a %{": '198.51.100.7 2026-11-20T11:59:58+0330 "GET /a HTTP/1.1" 200 7 "a=b; c=\\"d\\"" 12',
    }[text[:5]]
    theirs = apachelogs.LogParser(text).parse(line)
    (row,) = parse(line, log_format=text)
    assert row["reason"] is None
    directives = theirs.directives
    assert row["event_time"] == theirs.request_time
    assert row["address"] == (directives.get("%h") or directives.get("%a"))
    assert row["status"] == (directives.get("%>s") or directives.get("%s"))
    assert row["bytes_sent"] == (directives.get("%b") or directives.get("%O") or directives.get("%B") or 0)
    assert row["remote_user"] == directives.get("%u")
    if request := directives.get("%r"):
        assert f"{row['method']} {row['url']} HTTP/1.1" == request.encode("latin-1").decode()
    if "%{User-Agent}i" in directives:
        assert row["user_agent"] == directives["%{User-Agent}i"]


def test_the_header_of_a_file_states_its_format() -> None:
    iis = [
        "#Software: Microsoft Internet Information Services 10.0",
        "#Version: 1.0",
        "#Fields: date time c-ip sc-status",
    ]
    assert header_format(iis) == "iis: date time c-ip sc-status"
    assert (
        header_format(["#Fields:   date\ttime  x-edge-location\u200b c-ip"])
        == "cloudfront: date time x-edge-location c-ip"
    )
    assert header_format(["#Software: SHOUTcast", "#Fields: c-ip date time"]) == "shoutcast: c-ip date time"
    assert header_format(["#Fields: date time c-ip cs(User-Agent)"]) == "w3c: date time c-ip cs(User-Agent)"
    assert header_format(["#Version: 1.0", "198.51.100.7 - - "]) is None


def test_key_patterns_stop_at_the_address_and_hold_no_alternation_in_quotes() -> None:
    assert tuple(NAMED) == LOG_FORMATS
    for name in NAMED:
        pattern = compile_format(name).key_pattern
        assert re.compile(pattern).groups == 1, name
        # Java recurses through an alternation: a long quoted value would overflow its stack.
        assert r"|\\" not in pattern and '|"")' not in pattern, name
    assert compile_format("json: status=s time=t").key_pattern == ""
    assert compile_format("%t %>s").key_pattern == ""


def table(heading: str) -> dict[str, str]:
    """Return the first two columns of the docs' table under a heading."""
    part = DOCS.split(f"## {heading}\n")[1].split("\n## ")[0]
    return dict(re.findall(r"^\| `([^`]+)` \| (.*) \|$", part, re.MULTILINE))


def test_the_docs_list_names_fields_and_reasons_as_the_code_has_them() -> None:
    assert table("Names") == {name: named.meaning for name, named in NAMED.items()}
    assert list(table("Reasons").items()) == list(REASONS.items())
    listed = re.search(r"Fields: (.*?)\.\n", DOCS, re.DOTALL)
    assert listed
    assert re.findall(r"`(\w+)`", listed[1]) == list(FIELDS)
