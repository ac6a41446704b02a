"""Values as JSON and people take them: a page has room for so much, and log lines for a megabyte."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime
from typing import Any

_TEXT_CHARACTERS = 300


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row with times as text in UTC, long texts cut and numbers that are none as text; without `total`."""
    return {name: _plain(value) for name, value in row.items() if name != "total"}


def as_document(text: str | None) -> Any:
    """Return what the JSON text says, or the text itself where it is no JSON."""
    try:
        # NaN and Infinity are no JSON, though Python writes and reads them.
        return json.loads(text or "null", parse_constant=str)
    except (ValueError, RecursionError):
        return text


def plain_text(text: str, most: int = _TEXT_CHARACTERS) -> str:
    """Return the text at a length that a page has room for."""
    return text if len(text) <= most else text[:most] + "…"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, list):  # a map, as DuckDB may give one
        return dict(value) if all(isinstance(pair, tuple) for pair in value) else value
    return value
