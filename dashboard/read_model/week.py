"""How a week goes: what an hour of each weekday has on average, by the shop's own clock."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shoplog.contracts.sections import SERIES
from shoplog.report.model import Report, SiteReport
from shoplog.report.question import Span

HOURS = next(section for section in SERIES if section.name == "traffic_hours")
_ADDED = ("requests", "page_views")


def hours_of_week(report: Report, time_zones: Mapping[str, str], until: datetime) -> list[dict[str, Any]]:
    """Return for each site its time zone, and per weekday (1 is Monday) and hour the mean requests and page views of one hour.

    `report` has the section `HOURS`; `n` says how many such hours there were from the site's first day with lines in the period
    until `until`. An hour of UTC counts where it begins by the local clock.
    """
    found = []
    for site in report.sites:
        zone = time_zones.get(site.site, "UTC")
        span = (
            replace(report.question.span, first=min(day.day for day in site.days))
            if site.days
            else report.question.span
        )
        hours = list(_hours(span, site, ZoneInfo(zone), until))
        found.append({"site": site.site, "time_zone": zone, "hours": hours})
    return found


def _hours(span: Span, site: SiteReport, zone: ZoneInfo, until: datetime) -> Iterator[dict[str, Any]]:
    ended = {hour: _place(hour, zone) for hour in _every_hour(span) if hour + timedelta(hours=1) <= until}
    count = Counter(ended.values())
    sums: dict[tuple[int, int], Counter[str]] = defaultdict(Counter)
    for section in site.sections:
        names = [figure.name for figure in section.figures]
        for row in section.rows:
            (begun,) = row.dimensions
            assert isinstance(begun, datetime)
            if place := ended.get(begun.replace(tzinfo=UTC)):
                values = {name: row.values[names.index(name)].value or 0 for name in _ADDED}
                sums[place].update({name: int(value) for name, value in values.items()})
    for (weekday, hour), n in sorted(count.items()):
        means = {name: round(sums[weekday, hour][name] / n, 2) for name in _ADDED}
        yield {"weekday": weekday, "hour": hour, "n": n, **means}


def _every_hour(span: Span) -> Iterator[datetime]:
    first = datetime(span.first.year, span.first.month, span.first.day, tzinfo=UTC)
    return (first + timedelta(hours=n) for n in range(span.days * 24))


def _place(hour: datetime, zone: ZoneInfo) -> tuple[int, int]:
    local = hour.astimezone(zone)
    return local.isoweekday(), local.hour
