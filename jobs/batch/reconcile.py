"""Live against batch for one UTC day, at one bronze version: every figure of every window, each difference explained."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import reduce
from typing import TYPE_CHECKING

from jobs.batch.sides import Sides
from jobs.partials import accepted_partials, partials
from shoplog.contracts.families import FAMILIES, TRAFFIC
from shoplog.contracts.proof import GOLD_PARITY
from shoplog.contracts.session_figures import SESSIONS
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE
from shoplog.contracts.visitor_minutes import KEPT_DAYS, VISITOR_MINUTES
from shoplog.contracts.visits import GOLD_SESSIONS
from shoplog.errors import UserError
from shoplog.io.computed import computed_from, live_version
from shoplog.io.leases import table_leases
from shoplog.io.sinks import create_table, replace_days
from shoplog.settings import Settings
from shoplog.transforms.merge import folded
from shoplog.transforms.open_sessions import sessions_by_minutes
from shoplog.transforms.parity import (
    compared,
    compared_again,
    compared_sessions,
    figures_of_partials,
    figures_of_tables,
)

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
    sides = Sides.of(session, settings, day, at)
    with table_leases(settings, (GOLD_PARITY.name,), "reconcile", session._jvm):
        create_table(settings, GOLD_PARITY.name)
        imported = sides.only_imported().persist()
        rows = _figures(sides, imported)
        if datetime.now(UTC).date() - day < timedelta(days=KEPT_DAYS):
            rows = rows.unionByName(_sessions(sides))
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


def _figures(sides: Sides, imported: DataFrame) -> DataFrame:
    """Return every figure of both sides; where the rules changed since the stream read the lines, that must explain it."""
    live = figures_of_partials(folded(sides.live(FAMILIES)), "live")
    batch = figures_of_tables({family.name: sides.batch(family.table) for family in FAMILIES}, "batch")
    more = figures_of_partials(folded(accepted_partials(imported)), "more")
    changed = sides.read_otherwise()
    if not changed:
        return compared(live, batch, more)
    again = figures_of_partials(folded(partials(sides.as_streamed(), FAMILIES)), "again")
    same_rules = f"site not in ({', '.join(map(repr, changed))})"
    parts = [compared(live.where(same_rules), batch.where(same_rules), more.where(same_rules))]
    for site, why in changed.items():
        of_site = f"site = '{site}'"
        parts.append(compared_again(live.where(of_site), batch.where(of_site), again.where(of_site), why))
    return reduce(lambda one, other: one.unionByName(other), parts)


def _sessions(sides: Sides) -> DataFrame:
    """Return the sessions of both layers: they differ by definition, and by nothing else."""
    return compared_sessions(
        sessions_by_minutes(sides.live((VISITOR_MINUTES,))),
        sessions_by_minutes(partials(sides.as_streamed(), (VISITOR_MINUTES,))),
        sides.batch(GOLD_SESSIONS.name),
    )
