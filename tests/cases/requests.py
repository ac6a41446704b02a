"""Request rows for tests: what a test names, and what an ordinary page view of a person has."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

SCHEMA = {
    "site": "string", "host": "string", "file": "string", "byte_offset": "bigint", "event_time": "timestamp",
    "event_date": "date", "method": "string", "path": "string", "status": "int", "bytes_sent": "bigint",
    "visitor_id": "string", "visitor_id_prev": "string", "traffic_type": "string", "page_class": "string",
    "channel": "string", "source": "string", "medium": "string", "campaign": "string", "country": "string",
    "device": "string", "os": "string", "browser": "string", "event_name": "string", "item_id": "string",
    "order_id": "string", "value": "decimal(18,2)",
}  # fmt: skip
_DEFAULTS = {
    "site": "shop", "host": "web1", "file": "access.log", "method": "GET", "path": "/", "status": 200, "bytes_sent": 100,
    "visitor_id": "v", "traffic_type": "Regular", "page_class": "page", "country": "DE", "device": "mobile",
    "os": "Android", "browser": "Chrome Mobile",
}  # fmt: skip
_ORIGINS = {
    "Direct": ("(direct)", "(none)", None), "Organic Search": ("google", "organic", None),
    "Email": ("letter", "email", "autumn"), "Paid Search": ("google", "cpc", "autumn"),
    "Referral": ("pay.example", "referral", None),
}  # fmt: skip


def request(event_time: datetime, **columns: Any) -> dict[str, Any]:
    """Return one request row without its byte offset."""
    row = {**dict.fromkeys(SCHEMA), **_DEFAULTS, "event_time": event_time, "event_date": event_time.date(), **columns}
    if row["channel"] and row["source"] is None:
        row["source"], row["medium"], row["campaign"] = _ORIGINS[row["channel"]]
    return row


def frame(spark: Any, rows: Iterable[dict[str, Any]]) -> Any:
    """Return the rows as a Spark frame; byte offsets are the rows' places, unless they have one."""
    values = [
        tuple(row[name] if name != "byte_offset" or row[name] is not None else place * 100 for name in SCHEMA)
        for place, row in enumerate(rows)
    ]
    return spark.createDataFrame(values, ", ".join(f"{name} {kind}" for name, kind in SCHEMA.items()))


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a case's file; an empty field is null."""
    with path.open(newline="") as lines:
        return [{name: _typed(name, text) for name, text in row.items()} for row in csv.DictReader(lines)]


def case_requests(folder: Path) -> list[dict[str, Any]]:
    """Return a case's requests; its site is the case's name, `at` is the event time, and what is empty is ordinary."""
    rows = read_rows(folder / "requests.csv")
    return [
        request(row.pop("at"), site=folder.name, **{name: value for name, value in row.items() if value is not None})
        for row in rows
    ]


def _typed(name: str, text: str) -> Any:
    if text == "":
        return None
    if text in ("true", "false"):
        return text == "true"
    if name == "at" or name.endswith(("_time", "session_start", "session_end")):
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    if name.endswith("_date"):
        return date.fromisoformat(text)
    if name in ("value", "revenue"):
        return Decimal(text)
    if name == "event_path":
        return text.split()
    return int(text) if text.isdigit() else text
