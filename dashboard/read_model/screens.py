"""Any period's figures for screens, as `shoplog report` has them: only files that came since the last question are read."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any, TypeVar

import duckdb
import pyarrow as pa

from dashboard.read_model.cohorts import cohorts, login_parts
from dashboard.read_model.currencies import site_files_state
from dashboard.read_model.incidents import incidents
from dashboard.read_model.parts import Parts
from dashboard.read_model.rolled import RolledFiles, Rolling
from jobs.report import make_report, report_of
from shoplog.contracts.families import TRAFFIC
from shoplog.contracts.model import Family
from shoplog.contracts.proof import PUBLISHED_DAY
from shoplog.contracts.sections import Section
from shoplog.contracts.stored import summed
from shoplog.io.arrow import arrow_schema
from shoplog.io.duck import Row, open_connection, rows_of
from shoplog.io.period import days_query, gaps
from shoplog.report.model import LeftOut, Report
from shoplog.report.query import section_query
from shoplog.report.question import Question, Span, spans_of
from shoplog.settings import Settings

T = TypeVar("T")
_ANSWERS, _BEFORE = 200, "rows_before"
# By hour as well: what is added up of one is not of the other.
_LIVE_REQUESTS = Section("live_requests", "", TRAFFIC, ("window_date", "window_hour"), ("requests",))
_REQUESTS = Section("requests", "", TRAFFIC, ("window_date",), ("requests",))


class ScreenReadModel:
    """Answers reports; one answer serves all who ask the same while no new figures came."""

    def __init__(self, settings: Settings) -> None:
        """Read from the settings' warehouse."""
        self._settings = settings
        self._parts, self._rolled = Parts(settings), RolledFiles()
        self._connection = open_connection()
        self._answers: OrderedDict[tuple[Any, ...], Report] = OrderedDict()
        self._lock = threading.Lock()

    def report(self, question: Question, sites: Sequence[str], sections: Sequence[Section]) -> Report:
        """Return the report of these sections; raises `UserError` as `make_report` does."""
        if question.as_of is not None:
            return _only(make_report(self._settings, question, sites, sections), sections)
        with self._lock:
            return self._tried(lambda: self._answer(question, tuple(sites), tuple(sections)))

    def _answer(self, question: Question, sites: tuple[str, ...], sections: tuple[Section, ...]) -> Report:
        key = (self._parts.states, site_files_state(self._settings), question, sites, sections)
        if key not in self._answers:
            opened = _Opened(self._connection, self._parts, self._rolled, spans_of(question))
            made = report_of(opened, self._settings, question, sites, sections)
            if question.offset:
                # Whoever reads on asks for each page once: kept, they would take the place of what many ask.
                return made
            self._answers[key] = made
        self._answers.move_to_end(key)
        while len(self._answers) > _ANSWERS:
            self._answers.popitem(last=False)
        return self._answers[key]

    def _tried(self, read: Callable[[], T]) -> T:
        """Return what is read at the newest versions.

        Files that upkeep has folded may be removed while they are read; the version after that has no need of them.
        """
        self._rolled.forget(self._parts.refresh())
        while True:
            states = self._parts.states
            try:
                return read()
            except (FileNotFoundError, duckdb.IOException):
                self._rolled.forget(self._parts.refresh())
                if self._parts.states == states:
                    raise

    def anomalies(
        self, span: Span, sites: Sequence[str], limit: int, offset: int = 0
    ) -> tuple[list[dict[str, Any]], int]:
        """Return the anomalies that begin on the span's days, the newest first: `limit` after `offset`, and how many in all."""
        with self._lock:
            return self._tried(lambda: incidents(self._settings, self._parts, span, sites, limit, offset))

    def cohorts(self, span: Span, sites: Sequence[str]) -> dict[str, Any]:
        """Return who came back, as `cohorts` has it."""
        with self._lock:
            parts = self._tried(lambda: login_parts(self._parts))
        return cohorts(parts, span, tuple(sites))


def _only(report: Report, sections: Sequence[Section]) -> Report:
    """Return the report with these sections alone; a snapshot has no series, which is said."""
    names = [section.name for section in sections]
    out = [out for out in report.left_out if out.section in names]
    told, shown = {(out.site, out.section) for out in out}, []
    for site in report.sites:
        found = {section.name: section for section in site.sections}
        shown.append(replace(site, sections=tuple(found[name] for name in names if name in found)))
        absent = [name for name in names if name not in found and not {(None, name), (site.site, name)} & told]
        out += [LeftOut(name, "not kept in the snapshot", site.site) for name in absent]
    return replace(report, sites=tuple(shown), left_out=tuple(out))


class _Opened:
    """The spans of one question at the versions that the parts stand at."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, parts: Parts, rolled: RolledFiles, spans: Sequence[Span]
    ) -> None:
        self._connection, self._parts, self._rolled, self._spans = connection, parts, rolled, spans
        self.live_version = parts.live_version
        counted, live = (Rolling.of(section, Question(spans[0])) for section in (_REQUESTS, _LIVE_REQUESTS))
        days = _apart(spans)
        traffic = [rolled.rows(counted, parts.of(TRAFFIC, [span]), span) for span in days]
        connection.register("traffic_rows", pa.concat_tables(traffic))
        lines = [rolled.rows(live, parts.all_live([span]), span) for span in days]
        connection.register("live_rows", pa.concat_tables(lines))
        known = pa.Table.from_pylist(parts.published, arrow_schema(PUBLISHED_DAY))
        connection.register("published_then", known)
        self.days = rows_of(connection.execute(days_query("from live_rows")))

    def known_days(self) -> tuple[date | None, date | None]:
        days = [*(row["day"] for row in self._parts.published), *self._parts.live_days()]
        return min(days, default=None), max(days, default=None)

    def gaps(self, family: Family) -> list[tuple[str, date]]:
        return gaps(family, self.days, self._parts.published)

    def rows(self, section: Section, question: Question, sites: Sequence[str]) -> list[Row]:
        rolling, family = Rolling.of(section, question), section.family
        # A period's rows may stand for all of its days: the other period's are kept apart, though they may be of the same days.
        for span, name in zip(self._spans, (f"{family.name}_rows", _BEFORE), strict=False):
            self._connection.register(name, self._rolled.rows(rolling, self._parts.of(family, [span]), span))
        # What the rows had to fulfil they do.
        added = replace(section, family=summed(section.family), only="")
        bare = replace(question, filters=())
        return rows_of(self._connection.execute(*section_query(added, bare, sites, _BEFORE)))


def _apart(spans: Sequence[Span]) -> list[Span]:
    """Return the spans, as one where they share a day."""
    first, last = min(spans, key=lambda span: span.first), max(spans, key=lambda span: span.last)
    shared = any(one.last >= other.first for one, other in pairwise(sorted(spans, key=lambda span: span.first)))
    return [Span(first.first, last.last)] if shared else list(spans)
