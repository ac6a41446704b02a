"""One invented line or two of every named format, with every field it gives."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from shoplog.transforms.formats import NAMED, compile_format
from shoplog.transforms.formats.detect import verdicts
from shoplog.transforms.formats.read import COLUMNS
from tests.transforms.test_parse import NOW, frame, parse

AGENT = "Mozilla/5.0 (X11; Linux x86_64) Example/1.0"
TIME = datetime(2026, 11, 20, 8, 29, 58, tzinfo=UTC)
CLF = '198.51.100.7 - ada [20/Nov/2026:11:59:58 +0330] "GET /item/7?size=L HTTP/1.1" 200 512'
SEEN = {"event_time": TIME, "method": "GET", "url": "/item/7?size=L", "path": "/item/7", "status": 200, "bytes_sent": 512,
        "address": "198.51.100.7"}  # fmt: skip
READ = {**SEEN, "remote_user": "ada"}
FULL = {**READ, "referrer": "https://shop.example/", "user_agent": AGENT}
ENDING = f'"https://shop.example/" "{AGENT}"'

CASES: list[tuple[str, str, dict[str, Any]]] = [
    ("combined", f"{CLF} {ENDING}", FULL),
    ("combined", f'"{CLF} "-" """', READ),
    ("common", CLF, READ),
    ("vhost_combined", f"shop.example:443 {CLF} {ENDING}", {**FULL, "vhost": "shop.example"}),
    ("vhost_combined", f"shop.example {CLF} {ENDING}", {**FULL, "vhost": "shop.example"}),
    ("vhost_common", f"shop.example:80 {CLF}", {**READ, "vhost": "shop.example"}),
    ("nginx_main", f'{CLF} {ENDING} "203.0.113.1, 203.0.113.2"', FULL),
    (
        "ingress_nginx",
        f"{CLF} {ENDING} 462 0.051 [shop-web-80] [] 192.0.2.1:80, 192.0.2.2:80 0, 512 0.010, 0.040 502, 200 7f01",
        {**FULL, "duration_ms": 51.0, "upstream_ms": 50.0, "request_id": "7f01"},
    ),
    ("traefik", f'{CLF} {ENDING} 17 "web@docker" "http://192.0.2.1:80" 23ms', {**FULL, "duration_ms": 23.0}),
    ("ovh", f"{CLF.replace(' - ', ' shop.example ')} {ENDING}", {**FULL, "vhost": "shop.example"}),
    (
        "gandi",
        f"shop.example {CLF.replace('] ', '] (2 s) ')} {ENDING}",
        {**FULL, "vhost": "shop.example", "duration_ms": 2000.0},
    ),
    ("icecast", f"{CLF} {ENDING} 1807", {**FULL, "duration_ms": 1_807_000.0}),
    (
        "haproxy",
        "Nov 20 08:29:58 edge haproxy[14]: 198.51.100.7:51234 [20/Nov/2026:08:29:58.250] web~ shop/web1 "
        '0/0/1/30/+72 200 512 - - ---- 5/4/0/1/0 0/0 {shop.example|} "GET /item/7?size=L HTTP/1.1"',
        {**SEEN, "event_time": TIME.replace(microsecond=250_000), "duration_ms": 72.0, "upstream_ms": 30.0},
    ),
    (
        "haproxy",
        "2001:db8::7:51234 [20/Nov/2026:08:29:58.000] web shop/<NOSRV> -1/-1/-1/-1/3 400 0 - - PR-- 1/1/0/0/0 0/0 "
        '"<BADREQ>"',
        {"event_time": TIME, "status": 400, "bytes_sent": 0, "duration_ms": 3.0, "address": "2001:db8::7"},
    ),
    (
        "s3",
        "79a5 shop-images [20/Nov/2026:08:29:58 +0000] 198.51.100.7 - 3E57427F REST.GET.OBJECT item/7.jpg "
        f'"GET /item/7?size=L HTTP/1.1" 200 - 512 512 70 10 {ENDING} - sig= SigV4 ECDHE AuthHeader s3.example TLSv1.3',
        {**FULL, "vhost": "shop-images", "request_id": "3E57427F", "duration_ms": 70.0, "remote_user": None},
    ),
    (
        "elb",
        "2026-11-20T08:29:58.000000Z balancer 198.51.100.7:2817 192.0.2.1:80 0.000073 0.001048 0.000057 200 200 0 512 "
        f'"GET https://shop.example:443/item/7?size=L HTTP/1.1" "{AGENT}" ECDHE TLSv1.2',
        {**SEEN, "url": "https://shop.example:443/item/7?size=L", "vhost": "shop.example", "user_agent": AGENT,
         "duration_ms": 1.178, "upstream_ms": 1.048},
    ),
    (
        "elb",
        "2026-11-20T08:29:58.000000Z balancer 198.51.100.7:2817 - -1 -1 -1 504 0 0 0 "
        '"GET http://shop.example:80/ HTTP/1.1"',
        {"event_time": TIME, "method": "GET", "url": "http://shop.example:80/", "path": "/", "status": 504,
         "bytes_sent": 0, "vhost": "shop.example", "address": "198.51.100.7"},
    ),
    (
        "alb",
        "h2 2026-11-20T08:29:58.000000Z app/shop/50dc 2001:db8:0:0::7:48160 192.0.2.1:80 0.000 0.002 0.001 200 200 5 512 "
        f'"GET https://shop.example:443/item/7?size=L HTTP/2.0" "{AGENT}" ECDHE TLSv1.2 arn:aws:tg "Root=1-58" '
        '"shop.example" "-" 1 2026-11-20T08:29:58.000000Z "forward" "-" "-" "192.0.2.1:80" "200" "-" "-" TID_1',
        {**SEEN, "url": "https://shop.example:443/item/7?size=L", "vhost": "shop.example", "user_agent": AGENT,
         "duration_ms": 3.0, "upstream_ms": 2.0, "request_id": "Root=1-58", "address": "2001:db8::7"},
    ),
    (
        "iis",
        "2026-11-20 08:29:58 192.0.2.1 GET /item/7 size=L 443 ada 198.51.100.7 Example/1.0+(bot;++https://x.example) "
        "https://shop.example/ 200 0 0 15",
        {**SEEN, "bytes_sent": None, "remote_user": "ada", "user_agent": "Example/1.0 (bot; +https://x.example)",
         "referrer": "https://shop.example/", "duration_ms": 15.0},
    ),
    (
        "cloudfront",
        "2026-11-20\t08:29:58\tFRA2\t512\t198.51.100.7\tGET\td1.cloudfront.example\t/item/7\t200\thttps://shop.example/\t"
        "Example/1.0%20(a;%2520b)\tsize=L\t-\tHit\tMRVM==\tshop.example\thttps\t217\t0.001\t-\tTLSv1.3\tTLS_AES\tHit\t"
        "HTTP/2.0\t-\t-\t51234\t0.001\tHit\ttext/html\t512\t-\t-",
        {**SEEN, "user_agent": "Example/1.0 (a; b)", "referrer": "https://shop.example/", "vhost": "shop.example",
         "request_id": "MRVM==", "cache_status": "Hit", "duration_ms": 1.0},
    ),
    (
        "netscaler",
        "2026-11-20 08:29:58 198.51.100.7 ada HTTP 192.0.2.1 8080 GET /item/7 size=L 200 247 512 1 HTTP/1.1 Example/1.0 - -",
        {**READ, "user_agent": "Example/1.0", "duration_ms": 1000.0},
    ),
    (
        "incapsula",
        '"2026-11-20" "08:29:58" "a1" "Chrome" "Browser" "false" "true" "198.51.100.7" "" "62" "NA" "77" '
        f'"{AGENT}" "45" "44" "SE" "LS" "Town" "shop.example" "0" "0" "Shop" "shop.example/item/7" "" "HTTP" "REQ_PASSED" '
        '"11" "https://shop.example/" "192.0.2.1" "80" "GET" "size=L" "200" "203.0.113.1" "512" "14" "" "" "" "" ""',
        {**SEEN, "bytes_sent": None, "user_agent": AGENT, "referrer": "https://shop.example/", "vhost": "shop.example"},
    ),
    (
        "shoutcast",
        "198.51.100.7 host.example 2026-11-20 08:29:58 /stream?title=UKR%20Nights 200 Player%2F10 512 2 524640",
        {**SEEN, "method": None, "url": "/stream?title=UKR%20Nights", "path": "/stream", "user_agent": "Player/10",
         "duration_ms": 2000.0},
    ),
    (
        "nginx_json",
        '{"time_iso8601": "2026-11-20T11:59:58+03:30", "remote_addr": "198.51.100.7", "remote_user": "ada", '
        '"request": "GET /item/7?size=L HTTP/1.1", "status": "200", "body_bytes_sent": 512, "request_time": 0.25, '
        '"upstream_response_time": "0.100, 0.050", "http_referer": "https://shop.example/", "host": "shop.example:443", '
        f'"http_user_agent": "{AGENT}", "request_id": "7f01", "upstream_cache_status": "HIT"}}',
        {**FULL, "duration_ms": 250.0, "upstream_ms": 150.0, "vhost": "shop.example", "request_id": "7f01",
         "cache_status": "HIT"},
    ),
    (
        "nginx_json",
        '{"ip": "198.51.100.7", "host": "shop.example", "path": "/item/7?size=L", "status": "200", "length": 512, '
        f'"referrer": "-", "user_agent": "{AGENT}", "generation_time_milli": 0.008, "date": "2026-11-20T08:29:58+00:00"}}',
        {**SEEN, "method": None, "vhost": "shop.example", "user_agent": AGENT, "duration_ms": 8.0},
    ),
    (
        "caddy_json",
        '{"level": "info", "ts": 1795163398.25, "request": {"client_ip": "198.51.100.7", "method": "GET", "host": '
        '"shop.example", "uri": "/item/7?size=L", "headers": {"User-Agent": ["Example/1.0"], "Referer": '
        '["https://shop.example/"]}}, "user_id": "ada", "duration": 0.0015, "size": 512, "status": 200}',
        {**FULL, "event_time": TIME.replace(microsecond=250_000), "user_agent": "Example/1.0", "vhost": "shop.example",
         "duration_ms": 1.5},
    ),
    (
        "traefik_json",
        '{"ClientHost": "198.51.100.7", "ClientUsername": "-", "request_User-Agent": "Example/1.0", "DownstreamStatus": 200, '
        '"DownstreamContentSize": 512, "Duration": 2500000, "OriginDuration": 2000000, "RequestHost": "shop.example", '
        '"RequestMethod": "GET", "RequestPath": "/item/7?size=L", "StartUTC": "2026-11-20T08:29:58.000000000Z", '
        '"time": "2026-11-20T08:29:59Z"}',
        {**SEEN, "user_agent": "Example/1.0", "vhost": "shop.example", "duration_ms": 2.5, "upstream_ms": 2.0},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "line", "fields"), CASES, ids=[f"{name}-{n}" for n, (name, _, _) in enumerate(CASES)])
def test_a_line_of_each_format_gives_its_fields(name: str, line: str, fields: dict[str, Any]) -> None:
    (row,) = parse(line, log_format=name)
    assert row["reason"] is None
    assert {column: row[column] for column in COLUMNS} == {column: fields.get(column) for column in COLUMNS}


def test_every_named_format_has_a_case() -> None:
    assert {name for name, _, _ in CASES} == set(NAMED)


@pytest.mark.parametrize(("name", "line"), [(name, line) for name, line, _ in CASES])
def test_the_format_of_a_line_is_detected(name: str, line: str) -> None:
    best = verdicts(frame(line))[0]
    assert (best.log_format, best.parsed) == (name, 1)


def test_lines_of_no_format_are_read_by_none_and_each_verdict_says_why() -> None:
    found = verdicts(frame("[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok", "", "\x1b[2J"))
    assert {verdict.parsed for verdict in found} == {0}
    assert found[0].reasons == {"unparsable": 1, "empty": 1, "control_character": 1}


@pytest.mark.parametrize("name", ["iis", "cloudfront", "netscaler", "incapsula", "shoutcast"])
def test_header_lines_are_refused_as_such(name: str) -> None:
    rows = parse("#Version: 1.0", "#Fields: date time c-ip", log_format=name)
    assert [row["reason"] for row in rows] == ["header", "header"]


def test_several_sites_in_one_frame_keep_their_order_and_their_formats() -> None:
    from shoplog.transforms.parse import Reading, parse_lines

    lines = frame(CASES[0][1], CASES[2][1], CASES[0][1], CLF).with_columns(
        pl.Series("site", ["a", "b", "a", "nobody"]), pl.lit(None, pl.String).alias("reason")
    )
    rows = parse_lines(lines, {"a": Reading("combined", 1), "b": Reading("common", 2)})
    assert rows["reason"].to_list() == [None, None, None, "unknown_site"]
    assert rows["user_agent"].to_list() == [AGENT, None, AGENT, None]
    assert rows["rules_version"].to_list() == [1, 2, 1, None]
    assert NOW > TIME


@pytest.mark.parametrize(("name", "line", "fields"), CASES)
def test_the_key_of_the_format_is_the_address_as_logged(name: str, line: str, fields: dict[str, Any]) -> None:
    import ipaddress
    import re

    found = re.search(compile_format(name).key_pattern, line)
    assert found
    assert str(ipaddress.ip_address(found[1])) == fields["address"]
