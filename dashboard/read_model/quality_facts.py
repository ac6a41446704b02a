"""What the quality page knows of one site and day, and a reason why its light is not green."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

# Headings of docs/runbook.md.
NIGHTLY, CHECKS, LEDGER, DAMAGED = (
    "A nightly is red", "A quality check is red", "The ledger names bytes", "A table cannot be read",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a light is not green: a sentence, the runbook's heading and the command to run (again)."""

    light: str
    words: str
    runbook: str
    command: str


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
