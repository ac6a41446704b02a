"""Tables that only the nightly run makes, as families that a report adds up: sessions, funnel, attribution, visitors, hotlinks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from shoplog.contracts.metrics import BYTES_SENT, REQUESTS
from shoplog.contracts.model import Family, Metric, Table
from shoplog.contracts.session_figures import SESSIONS
from shoplog.contracts.sessions import ORIGIN
from shoplog.contracts.tables import SILVER_REQUEST
from shoplog.contracts.visits import GOLD_ATTRIBUTION, GOLD_FUNNEL, GOLD_VISITORS, SILVER_SESSION

_PEOPLE = ("country", "device", "os", "browser")


def _stored(name: str, table: Table, dimensions: tuple[str, ...], units: Mapping[str, str]) -> Family:
    """Return the table as a family: the columns with a unit are its figures, and they add up."""
    figures = tuple(
        Metric(column.name, column.type, "", f"sum({column.name})", units[column.name], column.meaning)
        for column in table.columns
        if column.name in units
    )
    return Family(name, table.name, 1440, dimensions, figures, table.meaning, of="true", time="event_date")


# Of the sessions themselves, and so by whatever they have: what makes the figures of sessions also adds them up.
SESSION_ROWS = replace(
    SESSIONS,
    table=SILVER_SESSION.name,
    window_minutes=1440,
    dimensions=(*ORIGIN, *_PEOPLE, "entry_page", "exit_page"),
    metrics=tuple(replace(metric, merge=metric.partial) for metric in SESSIONS.metrics),
)
FUNNEL = _stored("funnel", GOLD_FUNNEL, ("kind", "step", "event_name"), {"sessions": "sessions"})
ATTRIBUTION = _stored(
    "attribution",
    GOLD_ATTRIBUTION,
    ("model", *ORIGIN),
    {"orders": "orders", "orders_without_value": "orders", "revenue": "site currency"},
)
EXACT_VISITORS = _stored(
    "exact_visitors", GOLD_VISITORS, (), {"exact_visitors": "visitors", "disguised_visitors": "visitors"}
)
# A file that a page of another site embeds costs bytes and brings nobody.
HOTLINKS = Family(
    "hotlinks",
    SILVER_REQUEST.name,
    1440,
    ("source", "path"),
    tuple(replace(metric, merge=metric.partial) for metric in (REQUESTS, BYTES_SENT)),
    "files that were fetched from pages of other sites",
    of="page_class = 'static' and status < 400 and channel is not null and referrer is not null",
)
# A day's sessions may run on over midnight: provisional until a later day of the site is published.
OF_SESSIONS = (SESSION_ROWS, FUNNEL, ATTRIBUTION)
STORED_FAMILIES = (*OF_SESSIONS, EXACT_VISITORS, HOTLINKS)


def summed(family: Family) -> Family:
    """Return the family as rows that were added up once: figures that were counted of a table's rows add up from then on."""
    if family not in STORED_FAMILIES:
        return family
    return replace(family, metrics=tuple(replace(m, merge=f"sum({m.name})") for m in family.metrics))
