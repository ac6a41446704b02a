"""What a log format is: the tokens its string is made of, and what they compile to."""

from __future__ import annotations

from dataclasses import dataclass

# Inside a character class: the control characters that no server writes raw. A tab is text (CloudFront separates by it).
CONTROL = r"\x00-\x08\x0a-\x1f\x7f"

# The field names a format may give; a duration or upstream time carries its unit.
UNITS_MS = {"ns": 1e-6, "us": 1e-3, "ms": 1.0, "s": 1e3}
FIELDS = (
    "address", "forwarded", "request", "method", "url", "query", "status", "bytes", "referrer", "user_agent",
    "request_id", "vhost", "remote_user", "cache_status", "before_s", "after_s",
    *(f"duration_{unit}" for unit in UNITS_MS), *(f"upstream_{unit}" for unit in UNITS_MS),
)  # fmt: skip


class FormatError(ValueError):
    """One sentence that says what is wrong with a format's name or string."""


@dataclass(frozen=True, slots=True)
class Token:
    """A literal, or a value of some kind that may be one of our fields.

    Of several values for one field the highest rank is read. `time_format` marks a (piece of a) time stamp.
    """

    literal: str = ""
    field: str = ""
    kind: str = "word"
    rank: int = 0
    time_format: str = ""
    pattern: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Format:
    """A compiled format: one Rust regular expression, or JSON pointers (several a field: the first that is there).

    `fields` names the groups or pointers in order; `time_1`, `time_2` ... are joined by a space and read by `time_format`.
    `key_pattern` finds the client's address alone (group 1), for Java and Rust.
    """

    text: str
    fields: tuple[str, ...]
    time_format: str
    pattern: str = ""
    pointers: tuple[tuple[str, ...], ...] = ()
    escapes: str = ""
    header: str = ""
    key_pattern: str = ""
