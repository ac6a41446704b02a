"""Answers of the tables -> the report."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from shoplog.contracts.figures import Figure
from shoplog.contracts.model import Family
from shoplog.contracts.sections import Section
from shoplog.contracts.stored import OF_SESSIONS
from shoplog.report.compare import absent, compared
from shoplog.report.model import PROVISIONAL, STATUSES, Day, LeftOut, Number, Report, Row, SectionReport, SiteReport
from shoplog.report.query import BEFORE, FOUND, figures
from shoplog.report.question import Question, Span

Answers = Sequence[Mapping[str, Any]]


def build_report(
    question: Question,
    sites: Mapping[str, str | None],
    days: Answers,
    answers: Mapping[Section, Answers],
    gaps: Mapping[Family, Collection[tuple[str, date]]],
    left_out: Sequence[LeftOut],
    live_version: int | None,
) -> Report:
    """Return the report of the sites (name -> currency), in that order.

    `days` are rows of the fields of `Day` with their site, `answers` the rows of `section_query` for each section shown, `gaps`
    the (site, day) of which a family has no figures: its sections are left out for that site.
    """
    made = []
    out = list(left_out)
    for site, currency in sites.items():
        shown = {}
        for section, rows in answers.items():
            missing = _missing(gaps.get(section.family, ()), site, question.span)
            if missing:
                out.append(
                    LeftOut(section.name, f"not recomputed and published with it: {site} {', '.join(missing)}", site)
                )
            else:
                shown[section] = [row for row in rows if row["site"] == site]
        made.append(_site(question, site, currency, days, shown, gaps))
    return Report(question, live_version, tuple(made), tuple(out))


def _missing(gaps: Collection[tuple[str, date]], site: str, span: Span) -> list[str]:
    return [str(day) for name, day in gaps if name == site and span.first <= day <= span.last]


def _site(
    question: Question,
    site: str,
    currency: str | None,
    days: Answers,
    answers: Mapping[Section, Answers],
    gaps: Mapping[Family, Collection[tuple[str, date]]],
) -> SiteReport:
    own = _days(site, question.span, days)
    earlier = _days(site, question.compare, days) if question.compare else ()
    status = max((day.status for day in own), key=STATUSES.index, default=None)
    followed = all(day.is_followed for day in own)
    sections = []
    for section, rows in answers.items():
        family = section.family
        known = question.compare and earlier and not _missing(gaps.get(family, ()), site, question.compare)
        of = status if followed or family not in OF_SESSIONS else PROVISIONAL
        sections.append(_section(section, rows, of, bool(known), question.offset))
    return SiteReport(site, currency, status, own, earlier, tuple(sections))


def _days(site: str, span: Span, days: Answers) -> tuple[Day, ...]:
    return tuple(
        Day(**{name: value for name, value in row.items() if name != "site"})
        for row in days
        if row["site"] == site and span.first <= row["day"] <= span.last
    )


def _section(section: Section, found: Answers, status: str | None, known_before: bool, offset: int) -> SectionReport:
    """Return a section of the site's rows; where the other period's figures are not all there, nothing of it is known."""
    shown = tuple(figures(section))
    rows = tuple(
        Row(
            tuple(row[name] for name in section.by),
            tuple(
                compared(_value(figure, row, ""), _value(figure, row, BEFORE) if known_before else None)
                for figure in shown
            ),
        )
        for row in found
        if row["place"] > offset
    )
    return SectionReport(
        section.name, section.title, status, section.by, shown, rows, found[0]["places"] if found else 0
    )


def _value(figure: Figure, row: Mapping[str, Any], prefix: str) -> Number | None:
    value: Number | None = row[prefix + figure.name] if row[prefix + FOUND] else absent(figure)
    return value
