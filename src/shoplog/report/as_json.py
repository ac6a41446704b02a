"""The report as one JSON object; its fields are documented in docs/report.md and only ever added to."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from shoplog.contracts.figures import Figure
from shoplog.report.model import Day, Report, Row, SectionReport, SiteReport
from shoplog.report.question import Span

FORM = 1


def as_object(report: Report) -> dict[str, Any]:
    """Return the report in plain values; money is a text, so that no reader rounds it."""
    asked = report.question
    return {
        "form": FORM,
        "period": _span(asked.span),
        "compared_with": None if asked.compare is None else _span(asked.compare),
        "as_of": _plain(asked.as_of),
        "filters": [
            {"dimension": given.dimension, "values": list(given.values), "negated": given.negated}
            for given in asked.filters
        ],
        "live_version": report.live_version,
        "left_out": [{"section": out.section, "because": out.because, "site": out.site} for out in report.left_out],
        "sides": None if asked.sides is None else {"value": asked.sides[0], "previous": asked.sides[1]},
        "sites": [
            site_object(site) | {"sections": [section_object(one) for one in site.sections]} for site in report.sites
        ],
    }


def to_json(report: Report) -> str:
    """Return the object in one line."""
    return json.dumps(as_object(report), ensure_ascii=False)


def site_object(site: SiteReport) -> dict[str, Any]:
    """Return a site in plain values, without its sections."""
    of = site.snapshot
    return {
        "site": site.site,
        "currency": site.currency,
        "status": site.status,
        "days": [_day(day) for day in site.days],
        "compared_days": [_day(day) for day in site.compared_days],
        "snapshot": None
        if of is None
        else {
            "published_at": _plain(of.published_at),
            "cause": of.cause,
            "table_versions": dict(of.table_versions),
            "rules_versions": list(of.rules_versions),
        },
    }


def section_object(section: SectionReport) -> dict[str, Any]:
    """Return a section in plain values."""
    return {
        "name": section.name,
        "title": section.title,
        "status": section.status,
        "dimensions": list(section.dimensions),
        "figures": [{"name": f.name, "unit": f.unit, "meaning": f.meaning} for f in section.figures],
        "rows_in_all": section.rows_in_all,
        "rows": [_row(section.dimensions, section.figures, row) for row in section.rows],
    }


def _row(dimensions: tuple[str, ...], figures: tuple[Figure, ...], row: Row) -> dict[str, Any]:
    return {
        "dimensions": dict(zip(dimensions, map(_plain, row.dimensions), strict=True)),
        "values": {
            figure.name: {
                "value": _plain(value.value),
                "previous": _plain(value.previous),
                "change": _plain(value.change),
                "change_percent": value.change_percent,
            }
            for figure, value in zip(figures, row.values, strict=True)
        },
    }


def _day(day: Day) -> dict[str, Any]:
    return {
        "day": _plain(day.day),
        "status": day.status,
        "requests": day.requests,
        "published_at": _plain(day.published_at),
        "waiting_requests": day.waiting_requests,
        "bronze_version": day.bronze_version,
        "is_followed": day.is_followed,
    }


def _span(span: Span) -> dict[str, str]:
    return {"from": span.first.isoformat(), "to": span.last.isoformat()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
