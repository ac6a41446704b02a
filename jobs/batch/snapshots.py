"""What a publication showed, kept: the report of each site and day as it was, with the versions it was made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from jobs.report import make_report
from shoplog.contracts.proof import PUBLISHED_DAY
from shoplog.contracts.snapshots import REPORT_SNAPSHOT, SNAPSHOT_ROWS
from shoplog.contracts.tables import GOLD_PARTIAL_LIVE, SILVER_REQUEST
from shoplog.io.housekeeping import remove_rows
from shoplog.io.leases import table_leases
from shoplog.io.sinks import append, create_table
from shoplog.io.snapshots import published_versions, rules_of_day, stored_keys
from shoplog.report.model import Report
from shoplog.report.question import Question, Span
from shoplog.report.stored import stored_rows
from shoplog.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def store_published(session: SparkSession, settings: Settings, days: Sequence[date], cause: str) -> int:
    """Store what was just published of the days and of the days before them; return how many pairs of site and day.

    The caller holds the lease of `published_day`. What is stored already is not stored again.
    """
    touched = sorted({*days, *(day - timedelta(days=1) for day in days)})
    reports = [_report(settings, day) for day in touched if published_versions(settings, day)]
    return _store(session, settings, reports, cause, None)


def store_now(session: SparkSession, settings: Settings, day: date, sites: Sequence[str], cause: str) -> Report:
    """Store the day's report as it is now, published or not, and return it; raises `UserError` without any line."""
    with table_leases(settings, (PUBLISHED_DAY.name,), "report --snapshot", session._jvm):
        # Not before the lease: nothing can be published between this moment and the reading.
        moment = datetime.now(UTC)
        report = _report(settings, day, sites)
        _store(session, settings, [report], cause, moment)
    return report


def _report(settings: Settings, day: date, sites: Sequence[str] = ()) -> Report:
    return make_report(settings, Question(Span(day, day), limit=SNAPSHOT_ROWS), sites)


def _store(
    session: SparkSession, settings: Settings, reports: Sequence[Report], cause: str, moment: datetime | None
) -> int:
    """Append the reports of all sites that are published, at their publication, or of all at the moment; drop old ones."""
    with table_leases(settings, (REPORT_SNAPSHOT.name,), "publish", session._jvm):
        path = create_table(settings, REPORT_SNAPSHOT.name)
        known = stored_keys(settings, [report.question.span.first for report in reports])
        rows: list[tuple[Any, ...]] = []
        keys = set()
        for report in reports:
            for of_site in snapshot_rows(settings, report, cause, moment):
                key = (of_site[0]["site"], of_site[0]["day"], of_site[0]["published_at"])
                if key[2] is not None and key not in known:
                    keys.add(key)
                    rows += [tuple(row[name] for name in REPORT_SNAPSHOT.column_names) for row in of_site]
        if rows:
            append(
                session.createDataFrame(rows, REPORT_SNAPSHOT.schema_ddl).coalesce(1), settings, REPORT_SNAPSHOT.name
            )
        oldest = datetime.now(UTC) - timedelta(days=settings.report_kept_days)
        remove_rows(path, "published_at", oldest)
    return len(keys)


def snapshot_rows(
    settings: Settings, report: Report, cause: str, moment: datetime | None
) -> list[list[dict[str, Any]]]:
    """Return each site's rows; `published_at` is null where there is neither a moment nor a publication."""
    day = report.question.span.first
    pinned, rules = published_versions(settings, day), dict[int | None, Mapping[str, list[int]]]()
    made = []
    for site in report.sites:
        if not site.days:
            continue
        versions = pinned.get(site.site, {GOLD_PARTIAL_LIVE.name: report.live_version})
        silver = versions.get(SILVER_REQUEST.name)
        if silver not in rules:
            rules[silver] = rules_of_day(settings, day, silver)
        more = {
            "published_at": moment or site.days[0].published_at, "cause": cause, "table_versions": versions,
            "rules_versions": rules[silver].get(site.site, []),
        }  # fmt: skip
        made.append([{**row, **more} for row in stored_rows(report, site)])
    return made
