"""What each visitor did in each minute, kept live only: open sessions and patterns of behaviour are read from it."""

from __future__ import annotations

from shoplog.contracts.metrics import PERSON, REQUESTS, STATUS, count
from shoplog.contracts.model import Family, Metric
from shoplog.contracts.sessions import PAGE_VIEW

# Sessions of a day are compared while its minutes are kept whole; the driver drops older ones.
KEPT_DAYS = 3


def _of(name: str, unit: str, condition: str, meaning: str) -> Metric:
    return count(name, f"count(*) filter (where {condition})", unit, meaning)


VISITOR_MINUTES = Family(
    "visitor_minutes",
    "",
    1,
    ("address_id", "visitor_id", "visitor_id_prev"),
    (
        REQUESTS,
        STATUS[3],
        STATUS[4],
        _of("visitor_pages", "pages", f"{PERSON} and {PAGE_VIEW}", "page views of the visitor, if a person"),
        _of("visitor_events", "events", f"{PERSON} and event_name is not null", "shop events of the visitor, if a person"),
        _of("login_attempts", "requests", "event_name = 'login' or (method = 'POST' and is_login)",
            "passwords sent, right or wrong"),
        _of("attack_requests", "requests",
            "is_attack or (status >= 400 and status != 499 and is_weak_spot)",
            "URLs with an attack in them, and refused requests for known weak spots"),
    ),
    "what each visitor did in each minute: open sessions and visitors' patterns are read from it",
    of="fate = 'accepted' and visitor_id is not null",
)  # fmt: skip
