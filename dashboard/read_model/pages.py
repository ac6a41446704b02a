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
