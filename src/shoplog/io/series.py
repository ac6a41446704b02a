"""Series of values in CSV files: a time and a value a row."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from shoplog.errors import UserError


@dataclass(frozen=True, slots=True)
class Point:
    """One row: its time as written, in epoch seconds (UTC where it has no zone), its value; none where it is missing."""

    timestamp: str
    time_s: float
    value: float | None


def read_series(path: Path) -> list[Point]:
    """Return the rows of a CSV file with the columns timestamp and value, in order.

    Raises `UserError` where the file cannot be read so, or where its time runs backwards.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            rows = csv.DictReader(lines)
            if not {"timestamp", "value"} <= set(rows.fieldnames or ()):
                raise UserError(f"{path} has no columns timestamp and value: name them in its first line.")
            points = [_point(path, number, row) for number, row in enumerate(rows, 2)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} cannot be read as CSV: {error}.") from error
    for number, (before, point) in enumerate(pairwise(points), 3):
        if point.time_s < before.time_s:
            raise UserError(
                f"{path}, line {number}: {point.timestamp} comes before the line above it; sort the file by time."
            )
    return points


def _point(path: Path, number: int, row: dict[str, str]) -> Point:
    timestamp, value = (row["timestamp"] or "").strip(), (row["value"] or "").strip()
    try:
        moment = datetime.fromisoformat(timestamp)
        known = float(value) if value else None
    except ValueError as error:
        raise UserError(f"{path}, line {number}: {error}; write 2026-11-20 12:00:00 and a number.") from error
    return Point(timestamp, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp(), known)
