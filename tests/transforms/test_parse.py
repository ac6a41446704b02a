from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from shoplog.io.logfile import read_lines
from shoplog.transforms.formats.addresses import Proxies
from shoplog.transforms.parse import Reading, parse_lines

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
GOOD = '203.0.113.9 - - [20/Nov/2026:11:59:58 +0000] "GET /a/b?c=d#e HTTP/1.1" 200 512 "https://x.example/" "Agent/1"'
REAL = Path(__file__).parents[3] / "shared/data/access-logs"


def frame(*bodies: str | bytes) -> pl.DataFrame:
    """Return lines of one site as they reach the parser."""
    raw = [body.encode() if isinstance(body, str) else body for body in bodies]
    return pl.DataFrame(
        {"site": ["shop"] * len(raw), "raw": raw, "line_bytes": [len(body) for body in raw]},
        schema_overrides={"site": pl.String, "raw": pl.Binary, "line_bytes": pl.Int64},
    ).with_columns(
        pl.lit(NOW).cast(pl.Datetime("us", "UTC")).alias("ingest_time"), pl.lit(None, pl.String).alias("reason")
    )


def parse(*bodies: str | bytes, log_format: str = "combined", own_proxies: int = 0) -> list[dict[str, Any]]:
    return parse_lines(frame(*bodies), {"shop": Reading(log_format, 1, Proxies(own_proxies))}).to_dicts()


def test_a_combined_line_gives_every_field() -> None:
    (row,) = parse(GOOD)
    assert row["reason"] is None
    assert row["event_time"] == NOW - timedelta(seconds=2)
    assert (row["method"], row["url"], row["path"]) == ("GET", "/a/b?c=d#e", "/a/b")
    assert (row["status"], row["bytes_sent"], row["referrer"], row["user_agent"]) == (
        200,
        512,
        "https://x.example/",
        "Agent/1",
    )
    assert row["address"] == "203.0.113.9"


@pytest.mark.parametrize("wrapped", [f'"{GOOD}"', GOOD + "   ", GOOD + ' "-"', GOOD + " 0.012 extra"])
def test_outer_quotes_trailing_spaces_and_further_fields_are_tolerated(wrapped: str) -> None:
    (row,) = parse(wrapped)
    assert (row["reason"], row["user_agent"], row["address"]) == (None, "Agent/1", "203.0.113.9")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("no log line at all", "unparsable"),
        (GOOD[:60], "unparsable"),
        (GOOD[:-1], "unparsable"),
        (GOOD.replace(" 512 ", " many "), "unparsable"),
        (GOOD.replace(" 512 ", " 9223372036854775808 "), "unparsable"),
        (GOOD.replace(" 512 ", " -1 "), "unparsable"),
        (GOOD.replace(" 200 ", " 999 "), "bad_status"),
        (GOOD.replace(" 200 ", " 99 "), "bad_status"),
        (GOOD.replace(" 200 ", " - "), "bad_status"),
        (GOOD.replace("20/Nov", "31/Feb"), "bad_time"),
        (GOOD.replace("2026:", "1970:"), "bad_time"),
        (GOOD.replace("11:59:58", "12:05:01"), "future"),
        (GOOD.encode().replace(b"Agent", b"\xff\xfe"), "not_utf8"),
        (GOOD.replace("Agent", "A\x00"), "control_character"),
        (GOOD.replace("Agent", "A\x1b[2J"), "control_character"),
        (GOOD + "x" * 1_100_000, "truncated"),
    ],
)
def test_a_refused_line_has_one_reason_and_no_fields(body: str | bytes, reason: str) -> None:
    (row,) = parse(body)
    assert row["reason"] == reason
    assert (row["event_time"], row["status"], row["path"], row["address"]) == (None, None, None, None)


def test_a_bad_neighbour_does_not_harm_good_lines() -> None:
    rows = parse(*([GOOD] * 100), b"\xff\xff", *([GOOD] * 100), b"\x80")
    assert Counter(row["reason"] for row in rows) == {None: 200, "not_utf8": 2}


@pytest.mark.parametrize(
    ("stamp", "utc"),
    [("20/Nov/2026:15:29:58 +0330", NOW), ("20/Nov/2026:04:59:58 -0700", NOW), ("29/Feb/2024:23:59:58 +0000", None)],
)
def test_offsets_are_kept_and_utc_is_stored(stamp: str, utc: datetime | None) -> None:
    (row,) = parse(GOOD.replace("20/Nov/2026:11:59:58 +0000", stamp))
    assert row["reason"] is None
    if utc:
        assert row["event_time"] == utc - timedelta(seconds=2)


def test_five_minutes_ahead_is_still_now() -> None:
    assert parse(GOOD.replace("11:59:58", "12:05:00"))[0]["reason"] is None


@pytest.mark.parametrize("request_line", ["-", "\\x16\\x03\\x01", "GET", 'GET /\\"quoted\\" HTTP/1.1'])
def test_a_strange_request_line_is_a_hit(request_line: str) -> None:
    (row,) = parse(GOOD.replace("GET /a/b?c=d#e HTTP/1.1", request_line))
    assert (row["reason"], row["status"]) == (None, 200)


def test_common_and_json_formats() -> None:
    common = GOOD.split(' "https')[0]
    assert parse(common, log_format="common")[0]["status"] == 200
    assert parse(common)[0]["reason"] == "unparsable"
    text = (
        '{"time_iso8601": "2026-11-20T11:59:58+00:00", "remote_addr": "203.0.113.9", "request": "GET /a HTTP/2.0", '
        '"status": "200", "body_bytes_sent": 5, "request_time": 0.25, "http_referer": "-", "http_user_agent": "x"}'
    )
    (row,) = parse(text, log_format="nginx_json")
    assert (row["reason"], row["status"], row["duration_ms"], row["referrer"]) == (None, 200, 250.0, None)
    assert parse("{broken", log_format="nginx_json")[0]["reason"] == "unparsable"


@pytest.mark.skipif(not REAL.is_dir(), reason="the real logs beside the checkout are not here")
@pytest.mark.parametrize(
    ("name", "parsed", "refused", "statuses", "addresses", "bytes_sent"),
    [
        ("shop-zanbil-5000.log", 5000, 0, {200: 4422, 302: 253, 404: 197, 301: 104, 304: 15, 499: 7, 500: 1, 400: 1}, 371,
         105_775_941),
        # Line 8899 has no end: a 200 with 235 bytes less than awk counts.
        ("apache-combined-10000.log", 9999, 1, {200: 9125, 304: 445, 404: 213, 301: 164, 206: 45, 500: 3, 416: 2, 403: 2}, 1753,
         2_747_282_740 - 235),
        ("scanner-acunetix.log", 6539, 0, {303: 3407, 200: 2036, 500: 706, 404: 258}, 1, None),
        ("small-site-644.log", 644, 0, {200: 489, 404: 76, 301: 59, 418: 12, 206: 4, 304: 3, 408: 1}, 160, None),
        ("not-access-apache-error-2000.log", 0, 2000, {}, 0, 0),
    ],
)  # fmt: skip
def test_real_logs_give_their_known_figures(
    name: str, parsed: int, refused: int, statuses: dict[int, int], addresses: int, bytes_sent: int | None
) -> None:
    rows = read_real(name)
    good = rows.filter(pl.col("reason").is_null())
    found = Counter(good["status"].to_list())
    assert (len(good), len(rows) - len(good)) == (parsed, refused)
    assert {status: found[status] for status in statuses} == statuses
    assert good["address"].n_unique() == addresses
    assert bytes_sent is None or good["bytes_sent"].sum() == bytes_sent


@pytest.mark.skipif(not REAL.is_dir(), reason="the real logs beside the checkout are not here")
@pytest.mark.parametrize(
    "name", ["shop-zanbil-5000.log", "apache-combined-10000.log", "scanner-acunetix.log", "small-site-644.log"]
)
def test_real_logs_fall_into_their_utc_hours(name: str) -> None:
    """The zones are +0330, +0000, +0300 and -0700: the standard library says which UTC hour each line is of."""
    stamps = (re.search(rb"\[([^\]]+)\]", line) for line in (REAL / name).read_bytes().splitlines())
    moments = [
        datetime.strptime(stamp[1].decode(), "%d/%b/%Y:%H:%M:%S %z").astimezone(UTC) for stamp in stamps if stamp
    ]
    rows = read_real(name)
    good = rows["reason"].is_null().to_list()
    hours = Counter(
        moment.replace(minute=0, second=0) for moment, is_good in zip(moments, good, strict=True) if is_good
    )
    assert Counter(rows["event_time"].drop_nulls().dt.truncate("1h").to_list()) == hours
    assert rows["event_date"].drop_nulls().to_list() == [
        m.date() for m, is_good in zip(moments, good, strict=True) if is_good
    ]


@pytest.mark.skipif(not REAL.is_dir(), reason="the real logs beside the checkout are not here")
def test_the_line_that_fits_nowhere_and_the_shop_s_paths() -> None:
    apache = read_real("apache-combined-10000.log")
    (bad,) = apache.with_row_index("line", offset=1).filter(pl.col("reason").is_not_null()).to_dicts()
    assert (bad["line"], bad["reason"]) == (8899, "unparsable")
    days = Counter(apache["event_date"].to_list())
    # 10,000 lines with the one that has no day.
    assert sorted((days[day] for day in days if day), reverse=True) == [2896, 2893, 2578, 1632]
    assert sum((apache["event_time"].drop_nulls().diff().dt.total_microseconds() < 0).fill_null(False)) == 4915
    paths = read_real("shop-zanbil-5000.log")["path"]
    known = {"product": 537, "filter": 1909, "browse": 112, "search": 6, "image": 1508, "static": 346, "basket": 9}
    assert {name: paths.str.contains(f"^/(?:m/)?{name}(?:/|$)").sum() for name in known} == known


def read_real(name: str) -> pl.DataFrame:
    frames = [
        parse_lines(lines, {"shop": Reading("combined", 1)})
        for lines in read_lines(REAL / name, "shop", "web1", datetime.now(UTC))
    ]
    return pl.concat(frames)
