"""What the quality page knows of one site and day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from shoplog.contracts.proof import PUBLISHED_DAY
from shoplog.contracts.tables import GOLD_PARTIAL_LIVE


@dataclass(frozen=True, slots=True)
class Facts:
    """What the tables hold of one site and day; what they do not hold is None, never a zero."""

    site: str
    day: date
    is_over: bool
    live_requests: int | None = None
    published: dict[str, Any] | None = None
    certificate: dict[str, Any] | None = None
    ledger: dict[str, Any] | None = None
    minutes: dict[str, Any] | None = None
    checks: dict[str, Any] | None = None
    # By table's name, in words why it could not be read.
    unreadable: dict[str, str] = field(default_factory=dict)

    @property
    def waiting(self) -> int:
        """Accepted lines that came after the day was published."""
        return max(0, (self.live_requests or 0) - (self.published["live_requests"] or 0)) if self.published else 0

    @property
    def status(self) -> str | None:
        """What the day's figures are worth, as reports say it; None where it cannot be read."""
        if self.unreadable.keys() & {PUBLISHED_DAY.name, GOLD_PARTIAL_LIVE.name}:
            return None
        return "provisional" if self.published is None else "final_dirty" if self.waiting else "final"
