"""What is measured of a site's day beside its figures, said once, and how far each may stray from the site's own days."""

from __future__ import annotations

from dataclasses import dataclass

from shoplog.contracts.columns import REASONS
from shoplog.contracts.metrics import BOT, PERSON

SEVERITIES = ("critical", "warning", "info")
# Earlier days that say what is usual; fewer than the least say nothing.
HISTORY_DAYS, LEAST_DAYS = 28, 5
# So many robust deviations are still usual.
USUAL_DEVIATIONS = 6.0
# An hour's median says something of a clock from so many lines on.
LEAST_LINES = 20
# A file has so many lines on their way at most, when a day is closed while its shop is open.
MOST_IN_FLIGHT = 10_000

# How values are compared: counts and ratios by their logarithm, shares by the arcsine of the root, on which chance is the same
# for every share, plain values as they are. Beside each the chance in a value made of n requests: its standard deviation is that
# / sqrt(n); of a count, n is what is usual.
SCALES = {"count": 3.0, "ratio": 3.0, "share": 0.5, "plain": 0.0}


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of a site's day. `sql` (DuckDB) makes it from the bronze rows that came in on the UTC day.

    `least` is the smallest change on the scale that is worth a word, whatever the history: ln 2 = twice or half. A
    `whole_day` measure says nothing of a day that is not over.
    """

    name: str
    sql: str
    scale: str
    least: float
    unit: str
    meaning: str
    whole_day: bool = False
    is_of_hours: bool = False


_OK = "fate = 'accepted'"
_REQUESTS = f"count(*) filter (where {_OK})"
_NEW = "count(*) filter (where fate != 'duplicate')"
# Their records have no site of ours.
_SITELESS = ("bad_identity", "unknown_site")


def _share(name: str, condition: str, meaning: str, least: float = 0.1, of: str = _REQUESTS) -> Measure:
    part = f"count(*) filter (where {condition})"
    return Measure(name, f"{part} / nullif({of}, 0)", "share", least, "share", meaning)


def _without(column: str, meaning: str) -> Measure:
    return _share(f"without_{column}", f"{_OK} and {column} is null", f"accepted lines without {meaning}")


MEASURES = (
    Measure("requests", _REQUESTS, "count", 0.7, "requests", "accepted lines", whole_day=True),
    Measure("visitors", f"count(distinct visitor_id) filter (where {_OK} and {PERSON})", "count", 0.7, "visitors",
            "distinct visitor ids of people", whole_day=True),
    Measure("bytes_per_request", f"avg(bytes_sent) filter (where {_OK})", "ratio", 0.5, "bytes", "mean response body"),
    Measure("ms_per_request", f"avg(duration_ms) filter (where {_OK})", "ratio", 0.9, "ms", "mean request time"),
    _share("bot_share", f"{_OK} and {BOT}", "accepted lines of bots", 0.14),
    Measure("busiest_address_share",
            f"list_max(map_values(histogram(address_id) filter (where {_OK} and address_id is not null))) / nullif({_REQUESTS}, 0)",
            "share", 0.14, "share", "accepted lines of the busiest address", whole_day=True),
    Measure("busiest_hour_share",
            f"list_max(map_values(histogram(date_trunc('hour', event_time)) filter (where {_OK}))) / nullif({_REQUESTS}, 0)",
            "share", 0.1, "share", "accepted lines of the busiest hour", whole_day=True),
    _share("client_error_share", f"{_OK} and status between 400 and 499", "responses with status 4xx"),
    _share("server_error_share", f"{_OK} and status >= 500", "responses with status 5xx"),
    *(_share(f"{reason}_share", f"fate = 'quarantined' and reason = '{reason}'", f"lines refused: {meaning}", of=_NEW)
      for reason, meaning in REASONS.items() if reason not in _SITELESS),
    _share("duplicate_share", "fate = 'duplicate'", "rows that were seen before", 0.25, of="count(*)"),
    _share("late_share", f"{_OK} and ingest_time - event_time > interval 1 hour",
           "accepted lines that came in more than an hour after their event", 0.14),
    _without("method", "a request that could be read"), _without("user_agent", "a user agent"),
    _without("referrer", "a referrer"), _without("duration_ms", "a request time"),
    _without("event_name", "a shop event"),
    Measure("slowest_clock_s", "max(lag_s)", "plain", 120, "s",
            "largest median of ingest time - event time of an hour of a host", is_of_hours=True),
    Measure("fastest_clock_s", "min(lag_s)", "plain", 120, "s",
            "smallest median of ingest time - event time of an hour of a host", is_of_hours=True),
)  # fmt: skip
