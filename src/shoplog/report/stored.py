"""A site's report as rows that are kept, and back: what was published is shown as it was, whatever the contracts say now."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from shoplog.contracts.figures import MONEY, Figure, figures_of
from shoplog.contracts.sections import SECTIONS
from shoplog.report.as_json import section_object, site_object
from shoplog.report.model import Day, LeftOut, Report, Row, SectionReport, SiteReport, Snapshot, Value

Stored = dict[str, Any]
_SECTIONS = {section.name: section for section in SECTIONS}


def stored_rows(report: Report, site: SiteReport) -> list[Stored]:
    """Return a row for each section of the site, shown or left out: `REPORT_SNAPSHOT`'s columns that the report knows."""
    of_site: Stored = {
        "day": report.question.span.first, "site": site.site, "day_status": site.status,
        "site_document": _text(site_object(site)),
    }  # fmt: skip
    shown = {section.name: (_text(section_object(section)), None) for section in site.sections}
    out = {left.section: (None, left.because) for left in report.left_out if left.site in (None, site.site)}
    return [
        {**of_site, "section": name, "place": place, "document": document, "left_out": because}
        for place, (name, (document, because)) in enumerate({**shown, **out}.items())
    ]


def site_of(
    rows: Iterable[Mapping[str, Any]], snapshot: Snapshot, limit: int, offset: int = 0
) -> tuple[SiteReport, list[LeftOut]]:
    """Return a site's report and what was left out of it, of its rows in their order; sections have `limit` rows after `offset`."""
    rows = list(rows)
    head = json.loads(rows[0]["site_document"])
    shown = slice(offset, offset + limit)
    sections = [_section(json.loads(row["document"]), shown) for row in rows if row["document"] is not None]
    out = [LeftOut(row["section"], row["left_out"], head["site"]) for row in rows if row["document"] is None]
    days = tuple(_day(day) for day in head["days"])
    return SiteReport(head["site"], head["currency"], head["status"], days, (), tuple(sections), snapshot), out


def _section(made: Mapping[str, Any], shown: slice) -> SectionReport:
    figures = tuple(_figure(made["name"], **figure) for figure in made["figures"])
    dimensions = tuple(made["dimensions"])
    rows = tuple(
        Row(
            tuple(row["dimensions"][name] for name in dimensions),
            tuple(Value(_number(row["values"][figure.name]["value"], figure)) for figure in figures),
        )
        for row in made["rows"][shown]
    )
    return SectionReport(made["name"], made["title"], made["status"], dimensions, figures, rows, made["rows_in_all"])


def _figure(section: str, name: str, unit: str, meaning: str) -> Figure:
    known = figures_of(_SECTIONS[section].family).get(name) if section in _SECTIONS else None
    return replace(known, unit=unit, meaning=meaning) if known else Figure(name, "", unit, meaning, False)


def _number(value: Any, figure: Figure) -> Any:
    return Decimal(value) if figure.unit == MONEY and value is not None else value


def _day(made: Mapping[str, Any]) -> Day:
    at = made["published_at"]
    return Day(**{**made, "day": date.fromisoformat(made["day"]), "published_at": at and datetime.fromisoformat(at)})


def _text(made: Mapping[str, Any]) -> str:
    return json.dumps(made, ensure_ascii=False)
