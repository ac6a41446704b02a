"""Cases that other projects' parsers are tested with: each gives its fields or stands in the docs' table with its reason."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from shoplog.transforms.formats import FormatError, compile_format, compile_string
from shoplog.transforms.formats.read import text_fields
from shoplog.transforms.formats.values import event_time
from shoplog.transforms.text import unescaped
from tests.transforms.test_parse import parse

ROOT = Path(__file__).parents[2]
CASES = ROOT.parent / "shared/data/parser-cases"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the parser cases beside the checkout are not here")

FORMATS = {"main": "nginx_main", "ingress_upstreaminfo": "ingress_nginx", "error": "combined", "error_log": "combined",
           "parse_aws_alb_log": "alb", "parse_common_log": "common"}  # fmt: skip
# Their names, ours, and what makes one of the other.
NAMES: dict[str, tuple[str, Any]] = {
    **dict.fromkeys(("host", "client", "remote_addr", "clientip"), ("address", str)),
    **dict.fromkeys(("user", "remote_user", "auth"), ("remote_user", str)),
    **dict.fromkeys(("status", "response"), ("status", int)),
    **dict.fromkeys(("size", "body_bytes_size", "bytes"), ("bytes_sent", int)),
    **dict.fromkeys(("referrer", "referer", "http_referer"), ("referrer", str)),
    **dict.fromkeys(("agent", "http_user_agent", "user_agent"), ("user_agent", str)),
    **dict.fromkeys(("method", "verb"), ("method", str)),
    **dict.fromkeys(
        ("upstream_response_time", "backend_processing_time"), ("upstream_ms", lambda s: round(s * 1000, 6))
    ),
    "request_time": ("duration_ms", lambda s: round(s * 1000, 6)),
    "req_id": ("request_id", str),
}


def read(name: str) -> list[dict[str, Any]]:
    path = CASES / name
    return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []


def exceptions() -> dict[str, str]:
    """Return the reason of every case in the docs' table."""
    rows = re.findall(r"^\| (`[^|]+`) \| `(\w+)` \|", (ROOT / "docs/formats.md").read_text(), re.MULTILINE)
    return {case: reason for cases, reason in rows for case in re.findall(r"`([^`]+)`", cases)}


def expected(wanted: dict[str, Any]) -> dict[str, Any]:
    """Return what our columns hold where a case wants this."""
    fields: dict[str, Any] = {}
    for name, value in wanted.items():
        if name == "timestamp":
            text = value["timestamp"] if isinstance(value, dict) else value
            fields["event_time"] = datetime.fromisoformat(text)
        elif name == "request" and re.fullmatch(r"[A-Z]+ \S+ HTTP/[\d.]+", value):
            fields["method"], fields["url"], _ = value.split(" ")
        elif name == "request" and not re.fullmatch(r"\S*[:/]\S*", value):
            fields["method"] = fields["url"] = None
        elif name == "path":
            # Vector's path has its query, logstash's has not.
            fields["path" if "elb" in wanted else "url"] = value
        elif name == "request":
            fields["url"] = value
        elif name in NAMES:
            ours, made = NAMES[name]
            fields[ours] = None if value in (None, "-", "") else made(value)
    return fields


VRL = read("vrl.jsonl")
LOGSTASH = read("logstash.jsonl")
APACHELOGS = read("apachelogs.jsonl")


def check(case_id: str, line: str, log_format: str, wanted: dict[str, Any] | None) -> None:
    (row,) = parse(line, log_format=log_format)
    if case_id in exceptions():
        assert row["reason"] == exceptions()[case_id]
    elif wanted is None:
        assert row["reason"] is not None
    else:
        assert row["reason"] is None
        fields = expected(wanted)
        assert {name: row[name] for name in fields} == fields


@pytest.mark.parametrize("case", VRL, ids=[f"{case['function']}/{case['case']}" for case in VRL])
def test_vector(case: dict[str, Any]) -> None:
    name = case.get("format", case["function"])
    wanted = None if "error" in case else case["want"]
    check(f"vrl {case['function']}/{case['case']}", case["value"], FORMATS.get(name, name), wanted)
    if forwarded := (wanted or {}).get("http_x_forwarded_for"):
        (row,) = parse(case["value"], log_format="nginx_main", own_proxies=1)
        assert row["address"] == forwarded.split(", ")[-1]


@pytest.mark.parametrize("case", LOGSTASH, ids=[case["case"] for case in LOGSTASH])
def test_logstash(case: dict[str, Any]) -> None:
    name = case.get("format", "combined")
    check(f"logstash {case['case']}", case["line"], FORMATS.get(name, name), case["expect"])


@pytest.mark.parametrize("case", APACHELOGS, ids=[f"{n}-{case['fmt'][:40]}" for n, case in enumerate(APACHELOGS)])
def test_apachelogs(case: dict[str, Any]) -> None:
    """Most of these formats are pieces without a status or a time; their fields are read all the same."""
    compiled = compile_string(case["fmt"])
    text = pl.Series([case["entry"]])
    assert text.str.contains(compiled.pattern)[0]
    wanted = apachelogs_fields(case["fields"])
    if compiled.fields:
        found = text_fields(text, compiled)
        row = {name: unescaped(found[name], "backslash")[0] for name in found.columns}
        ours = {name: None if row.get(name) in ("-", "") else row.get(name) for name in wanted}
        moment = wanted.pop("event_time", None)
        assert {name: ours[name] for name in wanted} == wanted
        if moment:
            assert found.select(event_time(compiled.time_format, found.columns)).item() == moment
    else:
        assert wanted == {}
    try:
        compile_format(case["fmt"])
    except FormatError:
        assert not {"status", "time_1"} <= set(compiled.fields)
    else:
        assert parse(case["entry"], log_format=case["fmt"])[0]["reason"] is None


def apachelogs_fields(theirs: dict[str, Any]) -> dict[str, Any]:
    """Return our text fields where apachelogs gives these."""
    names = {
        "remote_host": "address", "remote_address": "address", "remote_user": "remote_user", "request_line": "request",
        "original_status": "status", "status": "status", "final_status": "status", "bytes_sent": "bytes",
        "bytes_out": "bytes", "request_method": "method", "request_uri": "url", "request_query": "query",
        "virtual_host": "vhost", "request_duration_seconds": "duration_s", "request_duration_milliseconds": "duration_ms",
        "original_request_duration_seconds": "duration_s", "final_request_duration_seconds": "duration_s",
    }  # fmt: skip
    fields = {ours: theirs[name] for name, ours in names.items() if name in theirs}
    headers = theirs.get("headers_in", {})
    fields |= {
        ours: headers[name] for name, ours in (("Referer", "referrer"), ("User-Agent", "user_agent")) if name in headers
    }
    fields = {name: f"{value:03d}" if name == "status" else value for name, value in fields.items()}
    # apachelogs reads bytes as Latin-1, shoplog as UTF-8.
    texts = {
        name: None if value in (None, "") else str(value).encode("latin-1").decode() for name, value in fields.items()
    }
    moments = [value for name, value in theirs.items() if name.endswith("request_time") and isinstance(value, dict)]
    return {**texts, **({"event_time": datetime.fromisoformat(moments[0]["datetime"])} if moments else {})}


def test_vhost_combined_file() -> None:
    rows = parse(*(CASES / "vhost_combined.log").read_bytes().splitlines(), log_format="vhost_combined")
    assert Counter(row["reason"] for row in rows) == {None: 6, "unparsable": 1}
    assert {row["vhost"] for row in rows} == {"www.varonathe.org", None}


def test_every_exception_is_a_case() -> None:
    ids = {f"vrl {case['function']}/{case['case']}" for case in VRL} | {f"logstash {case['case']}" for case in LOGSTASH}
    assert exceptions().keys() <= ids
    assert (len(VRL), len(LOGSTASH), len(APACHELOGS)) == (55, 11, 35)
