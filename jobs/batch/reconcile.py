"""Live against batch for one UTC day, at one bronze version: every figure of every window, each difference explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from jobs.partials import accepted_partials, partials
from shoplog.contracts.columns import IDENTITY_NAMES
from shoplog.contracts.families import FAMILIES, TRAFFIC
from shoplog.contracts.model import Family
from shoplog.contracts.proof import GOLD_PARITY
from shoplog.contracts.session_figures import SESSIONS
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, BRONZE_IMPORT_LOG, GOLD_PARTIAL_LIVE, SILVER_REQUEST
from shoplog.contracts.visitor_minutes import KEPT_DAYS, VISITOR_MINUTES
from shoplog.contracts.visits import GOLD_SESSIONS
from shoplog.errors import UserError
from shoplog.io.computed import computed_from, live_version
from shoplog.io.leases import table_leases
from shoplog.io.sinks import create_table, replace_days
from shoplog.settings import Settings
from shoplog.transforms.merge import folded
from shoplog.transforms.open_sessions import sessions_by_minutes
from shoplog.transforms.parity import compared, compared_sessions, figures_of_partials, figures_of_tables

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_WRONG = "(unexplained != 0 or unexplained is null)"


def reconcile(session: SparkSession, settings: Settings, day: date) -> dict[str, int]:
    """Write the day's comparison into gold_parity; return figures compared, differing and unexplained, and windows.

    Both sides stand at the bronze version that the day was recomputed from; what came in later is on neither. Raises
    `UserError` for a day that was not recomputed or has figures on neither side: nothing to compare must not look like
    agreement.
    """
    versions = computed_from(settings, day)
    if versions is None:
        raise UserError(f"{day} was not recomputed: run 'shoplog recompute --date {day}' first.")
    at = {**versions, GOLD_PARTIAL_LIVE.name: live_version(settings, versions[BRONZE_ACCESS_LOG.name])}
    with table_leases(settings, (GOLD_PARITY.name,), "reconcile", session._jvm):
        create_table(session, settings, GOLD_PARITY.name)
        imported = _only_imported(session, settings, day, at).persist()
        figures = compared(
            figures_of_partials(folded(_live(session, settings, day, at, FAMILIES)), "live"),
            figures_of_tables({f.name: _day_of(session, settings, f.table, day) for f in FAMILIES}, "batch"),
            figures_of_partials(folded(accepted_partials(imported)), "more"),
        )
        rows = figures
        if datetime.now(UTC).date() - day < timedelta(days=KEPT_DAYS):
            rows = rows.unionByName(_sessions(session, settings, day, at, imported))
        rows = rows.selectExpr(
            "*", f"date'{day.isoformat()}' day", f"{at[BRONZE_ACCESS_LOG.name]} bronze_version",
            f"{at[GOLD_PARTIAL_LIVE.name]} live_version",
        ).persist()  # fmt: skip
        totals = rows.selectExpr(
            "count(*) figures",
            f"count_if((difference != 0 or difference is null) and family != '{SESSIONS.name}') differing",
            f"count_if({_WRONG}) unexplained",
            f"count(distinct site, window_start) filter (where family = '{TRAFFIC.name}') windows",
            f"count(distinct site, window_start) filter (where family = '{TRAFFIC.name}' and {_WRONG}) windows_differing",
        ).first()  # fmt: skip
        assert totals is not None
        if not totals["figures"]:
            raise UserError(
                f"{day} has figures neither live nor recomputed: run 'shoplog recompute --date {day}' first."
            )
        replace_days(rows, settings, GOLD_PARITY.name, [day])
        rows.unpersist()
        imported.unpersist()
    return dict(totals.asDict())


def _at(session: SparkSession, settings: Settings, table: str, at: Mapping[str, int]) -> DataFrame:
    reader = session.read.format("delta").option("versionAsOf", at[table])
    return reader.load(str(create_table(session, settings, table)))


def _live(
    session: SparkSession, settings: Settings, day: date, at: Mapping[str, int], families: Sequence[Family]
) -> DataFrame:
    partials = _at(session, settings, GOLD_PARTIAL_LIVE.name, at)
    names = ", ".join(f"'{family.name}'" for family in families)
    return partials.where(f"family in ({names}) and window_date = '{day.isoformat()}'")


def _sessions(
    session: SparkSession, settings: Settings, day: date, at: Mapping[str, int], imported: DataFrame
) -> DataFrame:
    """Return the sessions of both layers: they differ by definition, and by nothing else."""
    silver = _day_of(session, settings, SILVER_REQUEST.name, day)
    streamed = silver.join(imported.select(*IDENTITY_NAMES), list(IDENTITY_NAMES), "left_anti").selectExpr(
        "*", "'accepted' fate"
    )
    return compared_sessions(
        sessions_by_minutes(_live(session, settings, day, at, (VISITOR_MINUTES,))),
        sessions_by_minutes(partials(streamed, (VISITOR_MINUTES,))),
        _day_of(session, settings, GOLD_SESSIONS.name, day),
    )


def _day_of(session: SparkSession, settings: Settings, table: str, day: date) -> DataFrame:
    rows = session.read.format("delta").load(str(create_table(session, settings, table)))
    return rows.where(f"event_date = '{day.isoformat()}'")


def _only_imported(session: SparkSession, settings: Settings, day: date, at: Mapping[str, int]) -> DataFrame:
    """Return the accepted lines of the day that the stream never saw: what batch may have more of, line by line."""
    live, imported = (_at(session, settings, t.name, at) for t in (BRONZE_ACCESS_LOG, BRONZE_IMPORT_LOG))
    of_day = imported.where(f"fate = 'accepted' and event_date = '{day.isoformat()}'")
    return of_day.join(live.select(*IDENTITY_NAMES), on=list(IDENTITY_NAMES), how="left_anti")
