"""Silver, quarantine and gold of UTC days, rebuilt from every bronze row and replaced whole; run twice, the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from jobs.batch.anomalies import replace_anomalies
from jobs.batch.bronze import bronze_versions, lines_once, read_days, sites_with_new_lines
from jobs.batch.visits import recompute_visits
from jobs.partials import accepted_partials, with_event_date
from jobs.side_by_side import side_by_side
from shoplog.contracts.families import FAMILIES
from shoplog.contracts.model import Family
from shoplog.contracts.tables import GOLD, GOLD_ANOMALY, QUARANTINE_ACCESS_LOG, SILVER_REQUEST
from shoplog.contracts.visits import SILVER_LOGIN, VISIT_TABLES
from shoplog.errors import UserError
from shoplog.io.computed import computed_metadata
from shoplog.io.leases import table_leases
from shoplog.io.sinks import create_table, has_days, in_days, in_sites, replace_days
from shoplog.settings import Settings
from shoplog.transforms.merge import merged

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

WRITES = tuple(
    t.name for t in (SILVER_REQUEST, QUARANTINE_ACCESS_LOG, GOLD_ANOMALY, *GOLD.values(), *VISIT_TABLES, SILVER_LOGIN)
)


def recompute(
    session: SparkSession,
    settings: Settings,
    days: Sequence[date],
    missing_ok: bool = False,
    site: str | None = None,
) -> dict[str, int]:
    """Replace the days in silver, quarantine and gold; return the bronze versions they were made from and how many lines were read.

    The sessions of the day before each are replaced too: they may run on over midnight. With `site`, only lines of that
    site are read anew, and of those that lines came for since: every site of a day stands at one bronze version. Raises
    `UserError`, with nothing replaced, for a day without any line unless that is `missing_ok`: missing is failing.
    """
    versions = bronze_versions(settings)
    with table_leases(settings, WRITES, "recompute", session._jvm):
        for table in WRITES:
            create_table(settings, table)
        sites = None if site is None else _with_changed(site, sites_with_new_lines(session, settings, versions, days))
        lines = read_days(session, settings, versions, days).where(in_sites(sites))
        once = lines_once(lines, settings).persist()
        try:
            came = once.selectExpr("if(reason is null, event_date, ingest_date) day").distinct().collect()
            missing = sorted(set(days) - {row["day"] for row in came})
            if missing and not missing_ok:
                raise UserError(
                    f"{', '.join(map(str, missing))} has no lines{f' of {site}' if site else ''}: none that came in has this "
                    "event date, and none was refused on it. If there should be some, 'shoplog ledger' says where they are."
                )
            accepted = once.where(f"reason is null and {in_days('event_date', days)}")
            refused = once.where(f"reason is not null and {in_days('ingest_date', days)}")
            replace_days(accepted, settings, SILVER_REQUEST.name, days, computed_metadata(days, versions), sites)
            replace_days(refused, settings, QUARANTINE_ACCESS_LOG.name, days, sites=sites)
            silver = session.read.format("delta").load(str(settings.warehouse / SILVER_REQUEST.name))
            of_days = silver.where(in_days("event_date", days))
            figures = accepted_partials(of_days).persist()
            side_by_side(
                [
                    partial(replace_days, with_event_date(merged(figures, family)), settings, family.table, days)
                    for family in _to_write(figures, settings, days)
                ]
            )
            figures.unpersist()
            recompute_visits(session, settings, silver, days)
            for day in sorted(days):
                replace_anomalies(session, settings, day)
            return {**versions, "accepted": accepted.count(), "quarantined": refused.count()}
        finally:
            once.unpersist()


def _with_changed(site: str, changed: set[str | None]) -> list[str] | None:
    """Return the site and those that lines came for; None, which is all, where lines of no site came."""
    named = {name for name in changed if name is not None}
    return None if None in changed else sorted({site, *named})


def _to_write(figures: DataFrame, settings: Settings, days: Sequence[date]) -> list[Family]:
    """Return the families with figures of the days, and those that have to lose theirs.

    Planning a write costs a second, however few rows it has.
    """
    made = {row["family"] for row in figures.select("family").distinct().collect()}
    return [family for family in FAMILIES if family.name in made or has_days(settings, family.table, days)]
