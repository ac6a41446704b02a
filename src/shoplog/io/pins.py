"""The table versions that published days are read from, now or at a moment that is still asked for."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from shoplog.contracts.proof import PUBLISHED_DAY
from shoplog.io.duck import open_tables
from shoplog.settings import Settings

# A row counts until another of its site and day is published; those that stopped counting before `since` are history.
_COUNTED = """select distinct unnest(map_entries(table_versions)) as pin from published_day p
where not exists (from published_day n where n.site = p.site and n.day = p.day
and n.published_at > p.published_at and n.published_at <= $since)"""


def pinned_versions(settings: Settings, since: datetime) -> dict[str, set[int]]:
    """Return by table the versions that a published day is or was read from at any moment from `since` (UTC) on."""
    connection = open_tables(settings, PUBLISHED_DAY)
    pins: dict[str, set[int]] = defaultdict(set)
    for (pin,) in connection.execute(_COUNTED, {"since": since}).fetchall():
        if pin["value"] is not None:
            pins[pin["key"]].add(pin["value"])
    return pins
