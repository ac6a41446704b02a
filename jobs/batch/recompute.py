"""Silver, quarantine and gold of UTC days, rebuilt from every bronze row and replaced whole; run twice, the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING

from deltalake import DeltaTable

from jobs.batch.anomalies import replace_anomalies
from jobs.batch.bronze import bronze_versions, sites_with_new_lines
from jobs.batch.gold import replace_gold
from jobs.batch.shuffles import shuffles_of
from jobs.batch.silver import replace_silver
from jobs.batch.visits import recompute_visits, replace_session_figures
from jobs.side_by_side import side_by_side
from shoplog.contracts.tables import GOLD, GOLD_ANOMALY, QUARANTINE_ACCESS_LOG, SILVER_REQUEST
from shoplog.contracts.visits import SILVER_LOGIN, VISIT_TABLES
from shoplog.errors import UserError
from shoplog.io.computed import computed_from
from shoplog.io.gone import retained_days
from shoplog.io.leases import table_leases
from shoplog.io.sinks import create_table, has_days
from shoplog.io.transactions import files_of
from shoplog.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

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
    if lost := sorted(set(days) & retained_days(settings)):
        raise UserError(
            f"{lost[0]} has lines that are older than SHOPLOG_BRONZE_DAYS and gone: its figures stay as they were recomputed last."
        )
    versions = bronze_versions(settings)
    with table_leases(settings, WRITES, "recompute", session._jvm):
        _create_tables(settings)
        sites = None if site is None else _with_changed(site, sites_with_new_lines(session, settings, versions, days))
        counts = replace_silver(session, settings, versions, days, missing_ok, sites)
        with shuffles_of(session, _most_bytes(settings, days)):
            recompute_visits(session, settings, days)
            _replace_gold(session, settings, days)
        return {**versions, **counts}


def recompute_gold(session: SparkSession, settings: Settings, days: Sequence[date]) -> dict[str, int]:
    """Replace what gold adds up of the days' requests and sessions in silver; return the last day's bronze versions.

    No line is parsed anew, none that came since is in it, and who came and in which session a request is stay. Raises
    `UserError` for a day that was never recomputed.
    """
    versions: dict[str, int] = {}
    for day in days:
        found = computed_from(settings, day)
        if found is None:
            raise UserError(f"{day} was not recomputed yet: leave out --from-silver to read its lines.")
        if not has_days(settings, SILVER_REQUEST.name, [day]):
            raise UserError(f"{day} has no requests in silver (SHOPLOG_SILVER_DAYS): its figures stay as they are.")
        versions = found
    with table_leases(settings, WRITES, "recompute", session._jvm):
        _create_tables(settings)
        with shuffles_of(session, _most_bytes(settings, days)):
            _replace_gold(session, settings, days)
    return versions


def _create_tables(settings: Settings) -> None:
    for table in WRITES:
        create_table(settings, table)


def _replace_gold(session: SparkSession, settings: Settings, days: Sequence[date]) -> None:
    # A day at a time, so that memory does not grow with their number.
    for day in sorted(days):
        replace_gold(session, settings, [day])
    judge = partial(_replace_anomalies, session, settings, days)
    side_by_side([partial(replace_session_figures, session, settings, days), judge])


def _replace_anomalies(session: SparkSession, settings: Settings, days: Sequence[date]) -> None:
    # One after the other: of two commits to one table at the same moment one fails.
    for day in sorted(days):
        replace_anomalies(session, settings, day)


def _most_bytes(settings: Settings, days: Sequence[date]) -> int:
    """Return the bytes of the largest of the days with its neighbours, which its sessions are looked for in."""
    sizes: Counter[str] = Counter()
    for file in files_of(DeltaTable(str(settings.warehouse / SILVER_REQUEST.name))):
        sizes[file.partition_values["event_date"] or ""] += file.size
    return max(sum(sizes[(day + timedelta(days=n)).isoformat()] for n in (-1, 0, 1)) for day in days)


def _with_changed(site: str, changed: set[str | None]) -> list[str] | None:
    """Return the site and those that lines came for; None, which is all, where lines of no site came."""
    named = {name for name in changed if name is not None}
    return None if None in changed else sorted({site, *named})
