"""The true answers of a run, counted while it is written."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

_TOP_PATHS = 50
# As the ledger says it, so that both can be compared; said here again because the truth imports nothing of the product.
LATE_AFTER_S = 300


@dataclass(slots=True)
class TruthReport:
    """What was written: totals, files, what each layer must find."""

    seed: int
    start: str
    end: str
    lines_written: int = 0
    bytes_written: int = 0
    accepted: int = 0
    repeated: int = 0
    late: int = 0
    bytes_sent: int = 0
    # An order's page shown again is a second purchase event of it: orders and revenue count it once.
    order_cents: dict[int, int] = field(default_factory=dict)
    events: Counter[str] = field(default_factory=Counter)
    files: dict[str, dict[str, int]] = field(default_factory=dict)
    quarantined: Counter[str] = field(default_factory=Counter)
    by_status: Counter[int] = field(default_factory=Counter)
    by_minute: Counter[int] = field(default_factory=Counter)
    paths: Counter[str] = field(default_factory=Counter)
    newest: dict[int, int] = field(default_factory=dict)
    incidents: list[dict[str, Any]] = field(default_factory=list)
    visitors: dict[int, set[tuple[str, str]]] = field(default_factory=dict)

    def accept(self, second: int, path: str, status: int, size: int, visitor: tuple[str, str], event: str) -> None:
        """Count one line that must be accepted; `second` is its event time (epoch), `event` may be empty."""
        self.accepted += 1
        self.bytes_sent += size
        self.by_status[status] += 1
        self.by_minute[second // 60] += 1
        self.paths[path] += 1
        self.visitors.setdefault(second // 86_400, set()).add(visitor)
        if event:
            self.events[event] += 1

    def count_late(self, file: int, second: int) -> None:
        """Count an accepted line as late where it stands far below a newer one in its file (any number that names it)."""
        newest = self.newest.get(file, second)
        self.late += second < newest - LATE_AFTER_S
        self.newest[file] = max(newest, second)

    def confirm(self, order: int, cents: int) -> None:
        """Count an order once, by its number."""
        self.order_cents[order] = cents

    @property
    def orders(self) -> int:
        """Return how many orders there are."""
        return len(self.order_cents)

    @property
    def revenue_cents(self) -> int:
        """Return the value of all orders whose value is known."""
        return sum(self.order_cents.values())

    def wrote(self, file: str, lines: int, size: int) -> None:
        """Count lines that reached a file."""
        known = self.files.setdefault(file, {"lines": 0, "bytes": 0})
        known["lines"] += lines
        known["bytes"] += size
        self.lines_written += lines
        self.bytes_written += size

    def to_json(self) -> dict[str, Any]:
        """Return the report as it stands in truth.json."""
        plain = (
            "seed",
            "start",
            "end",
            "lines_written",
            "bytes_written",
            "accepted",
            "repeated",
            "late",
            "bytes_sent",
            "orders",
        )
        return {
            **{name: getattr(self, name) for name in plain},
            "files": self.files,
            "quarantined": dict(self.quarantined),
            "by_minute": {
                datetime.fromtimestamp(minute * 60, UTC).isoformat(): count for minute, count in sorted(self.by_minute.items())
            },
            "by_status": {str(status): count for status, count in sorted(self.by_status.items())},
            "top_paths": dict(self.paths.most_common(_TOP_PATHS)),
            "visitors_by_day": {
                datetime.fromtimestamp(day * 86_400, UTC).date().isoformat(): len(seen) for day, seen in self.visitors.items()
            },
            "events": dict(sorted(self.events.items())),
            "incidents": self.incidents,
            "revenue": str(Decimal(self.revenue_cents) / 100),
        }  # fmt: skip

    def write(self, path: Path) -> None:
        """Write the report as JSON."""
        path.write_text(json.dumps(self.to_json(), indent=1), encoding="utf-8")
