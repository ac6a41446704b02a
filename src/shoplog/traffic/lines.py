"""Hits as log lines: each hit's part and each visitor's part are rendered once, a line joins them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache

from shoplog.traffic.hits import ORDER_MARK, Hit


@cache
def _apache_time(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")


@cache
def _iso_time(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat()


class Renderer:
    """Renders lines of one format, without the newline."""

    def __init__(self, log_format: str, hits: list[Hit]) -> None:
        """Render every hit's own part."""
        self._format, self._hits = log_format, hits
        self._parts = [self._part(hit) for hit in hits]

    def _part(self, hit: Hit) -> tuple[str, str]:
        request = f"{hit.method} {hit.url} HTTP/1.1"
        if self._format == "nginx_json":
            fields = {"request": request, "status": hit.status, "body_bytes_sent": hit.bytes_sent,
                      "request_time": hit.duration_ms / 1000, "http_referer": hit.referrer}  # fmt: skip
            return json.dumps(fields)[1:-1], ""
        referrer = f' "{hit.referrer}"' if self._format == "combined" else ""
        return f'"{request}" {hit.status} {hit.bytes_sent}{referrer}', ""

    def line(self, second: int, address: str, agent: str, hit: int, order: int, status: str | None = None) -> str:
        """Return one line; `status` overrides the hit's own."""
        part = self._parts[hit][0]
        if ORDER_MARK in part:
            part = part.replace(ORDER_MARK, f"A{order:07d}")
        if self._format == "nginx_json":
            if status is not None:
                part = part.replace(f'"status": {self._hits[hit].status}', f'"status": {status}')
            return (
                f'{{"time_iso8601": "{_iso_time(second)}", "remote_addr": "{address}", {part}, '
                f'"http_user_agent": {json.dumps(agent)}}}'
            )
        if status is not None:
            part = part.replace(f'HTTP/1.1" {self._hits[hit].status} ', f'HTTP/1.1" {status} ')
        tail = f' "{agent}"' if self._format == "combined" else ""
        return f"{address} - - [{_apache_time(second)}] {part}{tail}"

    def with_bad_time(self, line: str, second: int) -> str:
        """Return the line with a time that no calendar has."""
        return line.replace(_apache_time(second), "31/Feb/2026:25:61:00 +0000").replace(
            _iso_time(second), "2026-02-31T25:61:00Z"
        )
