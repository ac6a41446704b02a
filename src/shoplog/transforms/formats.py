"""Patterns of the log formats: one regular expression a format, Rust syntax, run natively by polars."""

from __future__ import annotations

_QUOTED = r'"((?:[^"\\]|\\.)*)"'
# address, time, request, status, bytes. The remote user may hold spaces; what follows is tolerated after a space.
_COMMON = r"^(\S+) \S+ [^\[]*? ?\[([^\]]+)\] " + _QUOTED + r" (\S+) (\S+)"
COMMON = _COMMON + r"(?: .*)?$"
COMBINED = _COMMON + " " + _QUOTED + " " + _QUOTED + r"(?: .*)?$"
TEXT_FORMATS = {
    "combined": (COMBINED, ("address", "time", "request", "status", "bytes", "referrer", "user_agent")),
    "common": (COMMON, ("address", "time", "request", "status", "bytes")),
}
TEXT_TIME = "%d/%b/%Y:%H:%M:%S %z"

# nginx `log_format ... escape=json` with nginx's own variable names as keys.
JSON_KEYS = {
    "address": "remote_addr",
    "time": "time_iso8601",
    "request": "request",
    "status": "status",
    "bytes": "body_bytes_sent",
    "referrer": "http_referer",
    "user_agent": "http_user_agent",
    "duration_s": "request_time",
    "request_id": "request_id",
}
JSON_TIME = "%Y-%m-%dT%H:%M:%S%z"
REQUEST_LINE = r"^([A-Za-z][A-Za-z0-9_-]{0,31}) (\S+)(?: HTTP/\d(?:\.\d)?)?$"
