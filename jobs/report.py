"""The report made of the tables: as they stand, as they were known at a moment, or both beside each other."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Protocol

from shoplog.errors import UserError
from shoplog.settings import Settings

if TYPE_CHECKING:
    from shoplog.contracts.model import Family
    from shoplog.contracts.sections import Section
    from shoplog.io.period import Period
    from shoplog.report.model import LeftOut, Report, SiteReport
    from shoplog.report.question import Question

Rows = Sequence[Mapping[str, Any]]
AGAINST_NOW = ("now", "then")


class Source(Protocol):
    """What a report is read of: `days` and `gaps` as `io.period` has them, rows of sections as `report.query` describes."""

    @property
    def days(self) -> Rows:
        """The days with lines."""

    @property
    def live_version(self) -> int | None:
        """Version of the live partials."""

    def known_days(self) -> tuple[date | None, date | None]:
        """Return the first and the last day that anything is known of."""

    def gaps(self, family: Family) -> Sequence[tuple[str, date]]:
        """Return the (site, day) with lines of which the family has no figures."""

    def rows(self, section: Section, question: Question, sites: Sequence[str]) -> Rows:
        """Return the section's rows."""


def make_report(
    settings: Settings, question: Question, sites: Sequence[str] = (), sections: Sequence[Section] | None = None
) -> Report:
    """Return the report of these sites, of all that have lines where none is named; raises `UserError` without any line.

    What is read of tables has these `sections`, those of `contracts.sections.SECTIONS` where none are named; what is read of
    what was published has all that was.

    With a moment, a single day without filters is read of what was published then, for each site that has it; all else
    is read of the versions that were pinned or live at that moment.
    """
    if question.sides is not None:
        return _beside_now(settings, question, sites)
    stored, left_out = _stored(settings, question)
    from shoplog.report.model import Report

    if sites and stored.keys() >= set(sites):
        made = Report(question, None, (), ())
    else:
        made = _of_tables(settings, question, sites, stored, sections)
    read = {site.site: site for site in made.sites}
    names = dict.fromkeys(sites or sorted({*stored, *read}))
    shown = tuple(stored.get(name) or read[name] for name in names)
    out = tuple(out for out in left_out if out.site in names)
    return replace(made, sites=shown, left_out=(*made.left_out, *out))


def _beside_now(settings: Settings, question: Question, sites: Sequence[str]) -> Report:
    from shoplog.report.difference import EVERY_ROW, difference

    whole = replace(question, sides=None, limit=EVERY_ROW)
    then = make_report(settings, whole, sites)
    now = make_report(settings, replace(whole, as_of=None), sites)
    return difference(now, then, question)


def _stored(settings: Settings, question: Question) -> tuple[dict[str, SiteReport], list[LeftOut]]:
    """Return what is read of snapshots, by site, and what these left out."""
    span = question.span
    if question.as_of is None or question.compare is not None or question.filters or span.days > 1:
        return {}, []
    from shoplog.io.snapshots import snapshots_at
    from shoplog.report.model import Snapshot
    from shoplog.report.stored import site_of

    found, out = {}, []
    for site, rows in snapshots_at(settings, span.first, question.as_of, datetime.now(UTC)).items():
        first = rows[0]
        of = Snapshot(
            first["published_at"], first["cause"], dict(first["table_versions"]), tuple(first["rules_versions"])
        )
        found[site], more = site_of(rows, of, question.limit, question.offset)
        out += more
    return found, out


def _of_tables(
    settings: Settings,
    question: Question,
    sites: Sequence[str],
    stored: Mapping[str, Any],
    sections: Sequence[Section] | None,
) -> Report:
    from shoplog.contracts.sections import SECTIONS
    from shoplog.io.period import Period
    from shoplog.report.question import spans_of

    days = [(span.first, span.last) for span in spans_of(question)]
    source = Tables(Period(settings, days, question.as_of, stored))
    return report_of(source, settings, question, sites, SECTIONS if sections is None else sections, stored)


class Tables:
    """A period's tables, asked section by section."""

    def __init__(self, period: Period) -> None:
        """Ask this period."""
        self._period = period
        self.days, self.live_version = period.days, period.live_version
        self.known_days, self.gaps = period.known_days, period.gaps

    def rows(self, section: Section, question: Question, sites: Sequence[str]) -> Rows:
        """Return the section's rows."""
        from shoplog.report.query import section_query

        return self._period.ask(*section_query(section, question, sites))


def report_of(
    source: Source,
    settings: Settings,
    question: Question,
    sites: Sequence[str],
    sections: Sequence[Section],
    stored: Collection[str] = (),
) -> Report:
    """Return the report of these sections, without the sites that are `stored`; raises `UserError` without any line."""
    from shoplog.report.build import build_report
    from shoplog.report.choose import choose_sections
    from shoplog.sites import load_sites

    currencies = {name: known.currency for name, known in load_sites(settings).items()}
    with_lines = sorted({row["site"] for row in source.days})
    known = sorted({*currencies, *with_lines, *stored})
    for name in sites:
        if name not in known:
            raise UserError(f"Site {name!r} is unknown: use one of {', '.join(known)}.")
    names = [name for name in dict.fromkeys(sites or with_lines) if name not in stored]
    own = question.span
    has_lines = any(row["site"] in names and own.first <= row["day"] <= own.last for row in source.days)
    if not has_lines and not any(name in stored for name in sites or stored):
        raise UserError(_nothing(source.known_days(), question))
    shown, left_out = choose_sections(sections, question.filters)
    gaps = {section.family: source.gaps(section.family) for section in shown}
    answers = {section: source.rows(section, question, names) for section in shown if names}
    chosen = {name: currencies.get(name) for name in names}
    return build_report(question, chosen, source.days, answers, gaps, left_out, source.live_version)


def _nothing(known: tuple[date | None, date | None], question: Question) -> str:
    from shoplog.report.words import title

    about = f"There are no lines for {title(question)}"
    if known[0] is None:
        when = "was known at that moment" if question.as_of else "was counted yet"
        return f"{about}: nothing {when}. See 'shoplog status' and 'shoplog ledger'."
    return f"{about}: days with lines lie between {known[0]} and {known[1]}."
