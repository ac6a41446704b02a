"""Answers of the tables -> the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shoplog.contracts.sections import Figure, Section
from shoplog.report.compare import absent, compared
from shoplog.report.model import STATUSES, Day, LeftOut, Number, Report, Row, SectionReport, SiteReport
from shoplog.report.query import BEFORE, FOUND, figures
from shoplog.report.question import Question, Span

Answers = Sequence[Mapping[str, Any]]


def build_report(
    question: Question,
    sites: Mapping[str, str | None],
    days: Answers,
    answers: Mapping[Section, Answers],
    left_out: Sequence[LeftOut],
    live_version: int | None,
) -> Report:
    """Return the report of the sites (name -> currency), in that order.

    `days` are rows of the fields of `Day` with their site, `answers` the rows of `section_query` for each section shown.
    """
    return Report(
        question,
        live_version,
        tuple(_site(question, site, currency, days, answers) for site, currency in sites.items()),
        tuple(left_out),
    )


def _site(
    question: Question, site: str, currency: str | None, days: Answers, answers: Mapping[Section, Answers]
) -> SiteReport:
    own = _days(site, question.span, days)
    earlier = _days(site, question.compare, days) if question.compare else ()
    status = max((day.status for day in own), key=STATUSES.index, default=None)
    sections = tuple(
        _section(section, [row for row in rows if row["site"] == site], bool(earlier))
        for section, rows in answers.items()
    )
    return SiteReport(site, currency, status, own, earlier, sections)


def _days(site: str, span: Span, days: Answers) -> tuple[Day, ...]:
    return tuple(
        Day(**{name: value for name, value in row.items() if name != "site"})
        for row in days
        if row["site"] == site and span.first <= row["day"] <= span.last
    )


def _section(section: Section, found: Answers, known_before: bool) -> SectionReport:
    """Return a section of the site's rows; without a line in the other period nothing of that is known."""
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
    )
    return SectionReport(section.name, section.title, section.by, shown, rows, found[0]["places"] if found else 0)


def _value(figure: Figure, row: Mapping[str, Any], prefix: str) -> Number | None:
    value: Number | None = row[prefix + figure.name] if row[prefix + FOUND] else absent(figure)
    return value
