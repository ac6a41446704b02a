"""Parsed lines -> the report of their day, without any table: by the functions of the nightly run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from jobs.batch.visits import disguised, visits_of
from jobs.partials import accepted_partials
from shoplog.contracts.families import TRAFFIC
from shoplog.contracts.sections import SECTIONS
from shoplog.contracts.stored import ATTRIBUTION, EXACT_VISITORS, FUNNEL, HOTLINKS, SESSION_ROWS
from shoplog.io.replay import Replay
from shoplog.io.sinks import in_days
from shoplog.report.build import build_report
from shoplog.report.model import PROVISIONAL, Report
from shoplog.report.query import section_query
from shoplog.report.question import Question
from shoplog.sites import Site
from shoplog.transforms.attribution import attribution
from shoplog.transforms.days import exact_visitors
from shoplog.transforms.funnels import funnels
from shoplog.transforms.merge import folded
from shoplog.transforms.sessions import sessions

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_HOTLINK_COLUMNS = ("site", "event_date", "source", "path", "bytes_sent", "page_class", "status", "channel", "referrer")
_NOT_PUBLISHED = {
    "status": PROVISIONAL, "published_at": None, "waiting_requests": None, "bronze_version": None, "is_followed": True,
}  # fmt: skip


def replayed(lines: DataFrame, day: date, gap_minutes: int) -> Replay:
    """Return the day's figures of every family, made of parsed lines of three days as recompute makes them."""
    accepted = lines.where("reason is null")
    of_day = accepted.where(in_days("event_date", [day])).persist()
    programs = disguised(accepted).persist()
    found = sessions(visits_of(accepted, day, programs, gap_minutes), day).persist()
    stored = {
        SESSION_ROWS: found,
        FUNNEL: funnels(found),
        ATTRIBUTION: attribution(found),
        EXACT_VISITORS: exact_visitors(of_day, programs),
        HOTLINKS: of_day.where(HOTLINKS.of).select(*_HOTLINK_COLUMNS),
    }
    partials = folded(accepted_partials(of_day)).toArrow()
    made = Replay(partials, {family: rows.toArrow() for family, rows in stored.items()})
    for frame in (found, programs, of_day):
        frame.unpersist()
    return made


def report_of(replay: Replay, question: Question, sites: Mapping[str, Site]) -> Report:
    """Return the report of what was replayed; its days are provisional."""
    counted = (
        f"select site, window_date as day, sum(requests)::bigint as requests from {TRAFFIC.name}_rows group by all"
    )
    days = [{**row, **_NOT_PUBLISHED} for row in replay.ask(counted)]
    answers = {section: replay.ask(*section_query(section, question, list(sites))) for section in SECTIONS}
    return build_report(question, {name: site.currency for name, site in sites.items()}, days, answers, {}, (), None)
