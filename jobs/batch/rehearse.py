"""A day's bronze read twice, by the rules that count and by others, and the figures of both beside each other. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from jobs.batch.bronze import first_rows, parsed, read_days
from jobs.batch.replayed import replayed, report_of
from jobs.batch.shuffles import SILVER_BYTES_A_LINE, shuffles_of
from shoplog.contracts.sections import SECTIONS
from shoplog.contracts.sessions import GAP_MINUTES
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, BRONZE_IMPORT_LOG
from shoplog.errors import UserError
from shoplog.io.commits import latest_version
from shoplog.io.sinks import in_days
from shoplog.report.difference import EVERY_ROW, difference, only_changes
from shoplog.report.model import Report
from shoplog.report.question import Question, Span
from shoplog.settings import Settings
from shoplog.sites import Site
from shoplog.transforms.crawlers import Crawler
from shoplog.transforms.rule_changes import SAID, change_counts, changed_paths, differs, lines_beside

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SIDES = ("new", "now")
_EXAMPLES = 20


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What would change: `report` has the figures that differ, `equal` the sections without any.

    `changes` are rows of what (event_name or traffic_type), site, now, new and lines; `examples` the paths with most lines.
    """

    report: Report
    equal: tuple[str, ...]
    lines: int
    changed_lines: int
    changes: tuple[dict[str, Any], ...]
    examples: tuple[dict[str, Any], ...]
    bronze_versions: Mapping[str, int]


def rehearse(
    session: SparkSession,
    settings: Settings,
    day: date,
    now: Mapping[str, Site],
    new: Mapping[str, Site],
    gap_minutes: int = GAP_MINUTES,
    crawlers: tuple[Crawler, ...] | None = None,
) -> Rehearsal:
    """Return the UTC day of these sites (`now` and `new` have the same names) by both; raises `UserError` without any line.

    The new side may have a session gap and a list of crawlers of its own.
    """
    found = {
        table.name: latest_version(settings.warehouse / table.name) for table in (BRONZE_ACCESS_LOG, BRONZE_IMPORT_LOG)
    }
    versions = {table: version for table, version in found.items() if version is not None}
    names = ", ".join(f"'{name}'" for name in now)
    missing = UserError(f"{day} has no lines of {', '.join(now)}: name a day that has some.")
    if not versions:
        raise missing
    # Sessions run over midnight, and an order may have been shown the day before.
    around = [day + timedelta(days=n) for n in (-1, 0, 1)]
    rows = first_rows(read_days(session, settings, versions, around).where(f"site in ({names})")).persist()
    sides = [parsed(rows, settings, new, crawlers).persist(), parsed(rows, settings, now).persist()]
    try:
        beside = lines_beside(sides[1], sides[0], in_days("event_date", [day])).persist()
        counted = beside.selectExpr("count(*) lines", f"count_if({differs()}) changed").first()
        assert counted is not None
        if not counted["lines"]:
            raise missing
        changes = [{"what": name, **row.asDict()} for name in SAID for row in change_counts(beside, name).collect()]
        examples = [row.asDict() for row in changed_paths(beside, _EXAMPLES).collect()]
        beside.unpersist()
        question = Question(Span(day, day), limit=EVERY_ROW)
        with shuffles_of(session, rows.count() * SILVER_BYTES_A_LINE):
            made = [
                report_of(replayed(side, day, gap), question, sites)
                for side, sites, gap in zip(sides, (new, now), (gap_minutes, GAP_MINUTES), strict=True)
            ]
    finally:
        for frame in (*sides, rows):
            frame.unpersist()
    both = difference(made[0], made[1], replace(question, sides=SIDES))
    differing = only_changes(both)
    shown = {section.name for site in differing.sites for section in site.sections}
    equal = tuple(section.name for section in SECTIONS if section.name not in shown)
    return Rehearsal(differing, equal, counted["lines"], counted["changed"], tuple(changes), tuple(examples), versions)
