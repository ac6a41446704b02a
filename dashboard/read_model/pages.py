"""Which sections of the report each page of figures shows, in order."""

from __future__ import annotations

from shoplog.contracts.sections import SECTIONS, SERIES, Section

_NAMES = {
    "shop": (
        "orders", "sessions", "carts", "orders_days", "sessions_days", "funnel", "products", "categories", "searches", "events",
        "session_campaigns", "attribution_last",
    ),
    "traffic": (
        "traffic", "traffic_days", "pages", "slow_pages", "entry_pages", "exit_pages", "channels", "sources", "statuses",
        "not_found", "server_errors", "hotlinks", "devices", "browsers", "countries",
    ),
    "bots": ("traffic", "traffic_days", "bots", "ai_crawlers", "ai_assistants"),
}  # fmt: skip
_BY_NAME = {section.name: section for section in (*SECTIONS, *SERIES)}
PAGES: dict[str, tuple[Section, ...]] = {
    page: tuple(_BY_NAME[name] for name in names) for page, names in _NAMES.items()
}
_HOURS_UP_TO_DAYS = 2


def sections_of(page: str, days: int) -> tuple[Section, ...]:
    """Return the page's sections for a period of so many days: in a short one days are shown by hour as well."""
    found = []
    for section in PAGES[page]:
        found.append(section)
        if section.name == "traffic_days" and days <= _HOURS_UP_TO_DAYS:
            found.append(_BY_NAME["traffic_hours"])
    return tuple(found)
