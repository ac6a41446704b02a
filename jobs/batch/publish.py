"""The switch: from now on the days' figures come from the recomputed tables, at the versions pinned here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from typing import TYPE_CHECKING

from jobs.batch.recompute import WRITES
from jobs.batch.snapshots import store_published
from shoplog.contracts.proof import CERTIFICATE, PUBLISHED_DAY
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE, SILVER_REQUEST
from shoplog.contracts.visits import OF_SESSIONS
from shoplog.errors import UserError
from shoplog.io.commits import latest_version
from shoplog.io.computed import computed_from, live_version
from shoplog.io.leases import table_leases
from shoplog.io.sinks import append, create_table, in_days
from shoplog.settings import Settings
from shoplog.transforms.days import newest_published, request_counts
from shoplog.transforms.merge import daily_requests

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def publish(
    session: SparkSession,
    settings: Settings,
    days: Sequence[date],
    despite: str | None = None,
    cause: str = "nightly",
) -> dict[str, int]:
    """Publish each site that has lines on the days and an `equal` certificate of them; return how many pairs: published, left_out.

    With `despite`, a reason that is kept, those without one are published too. The sessions of a published day before one
    of them are pinned anew: those that run over midnight are whole now. Raises `UserError` for a day that is not over, and
    where nothing would be switched: no request, or no certificate.
    """
    for day in days:
        if day >= datetime.now(UTC).date():
            raise UserError(f"{day} is not over in UTC: only finished days are published.")
    with table_leases(settings, (PUBLISHED_DAY.name,), "publish", session._jvm):
        published = create_table(settings, PUBLISHED_DAY.name)
        create_table(settings, GOLD_PARTIAL_LIVE.name)
        computed = _versions_of(settings, days)
        live = _live_as_computed(session, settings, computed)
        versions = {table: latest_version(settings.warehouse / table) for table in WRITES}
        silver = session.read.format("delta").load(str(settings.warehouse / SILVER_REQUEST.name))
        requests = request_counts(silver.where(in_days("event_date", days)))
        pairs = requests.count()
        if not pairs:
            raise UserError(f"{', '.join(map(str, days))} has no recomputed requests: nothing was published.")
        if despite is None:
            requests = requests.join(_certified(session, settings, computed), ["site", "day"], "left_semi")
        rows = requests.join(live, ["site", "day"], "left").selectExpr(
            "site", "day", "current_timestamp() published_at", f"{_bronze_version(computed)} bronze_version",
            f"map({_pinned(versions)}) table_versions", "requests", "coalesce(live_requests, 0) live_requests",
            f"{_quoted(despite)} despite",
        ).persist()  # fmt: skip
        try:
            count = rows.count()
            if not count:
                raise UserError(
                    f"No site has an equal certificate of {', '.join(map(str, days))}: 'shoplog certificate --date DAY' says why."
                )
            before = session.read.format("delta").load(str(published))
            append(rows.unionByName(_days_before(before, days, versions)).coalesce(1), settings, PUBLISHED_DAY.name)
        finally:
            # Spark would answer the same question of a later table from it.
            rows.unpersist()
        store_published(session, settings, days, cause)
        return {"published": count, "left_out": pairs - count}


def _versions_of(settings: Settings, days: Sequence[date]) -> dict[date, int]:
    """Return the version of bronze that each day was recomputed from; raises `UserError` for one that never was."""
    found = {}
    for day in days:
        versions = computed_from(settings, day)
        if versions is None:
            raise UserError(f"{day} was not recomputed: run 'shoplog recompute --date {day}' first.")
        found[day] = versions[BRONZE_ACCESS_LOG.name]
    return found


def _certified(session: SparkSession, settings: Settings, computed: Mapping[date, int]) -> DataFrame:
    """Return site and day of the `equal` certificates that were made of the days as they are recomputed now."""
    made = session.read.format("delta").load(str(create_table(settings, CERTIFICATE.name)))
    of_now = f"bronze_version = {_bronze_version(computed)}"
    return made.where(f"verdict = 'equal' and {in_days('day', list(computed))} and {of_now}").select("site", "day")


def _quoted(text: str | None) -> str:
    return "cast(null as string)" if text is None else "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _bronze_version(computed: Mapping[date, int]) -> str:
    cases = " ".join(f"when date'{day}' then {n}L" for day, n in computed.items())
    return f"case day {cases} end"


def _live_as_computed(session: SparkSession, settings: Settings, computed: Mapping[date, int]) -> DataFrame:
    """Return site, day and its live requests at the version that it was recomputed from.

    A line that came in between is in no recomputed figure: it makes the day dirty at once.
    """
    path, frames = str(settings.warehouse / GOLD_PARTIAL_LIVE.name), []
    of_version: dict[int, list[date]] = {}
    for day, bronze in computed.items():
        of_version.setdefault(live_version(settings, bronze), []).append(day)
    for version, its_days in of_version.items():
        partials = session.read.format("delta").option("versionAsOf", version).load(path)
        frames.append(daily_requests(partials.where(in_days("window_date", its_days))))
    live = reduce(lambda one, other: one.unionByName(other), frames)
    return live.selectExpr("site", "day", "requests live_requests")


def _pinned(versions: Mapping[str, int | None]) -> str:
    return ", ".join(f"'{table}', {version}L" for table, version in versions.items())


def _days_before(published: DataFrame, days: Sequence[date], versions: Mapping[str, int | None]) -> DataFrame:
    """Return the newest rows of the days before, with the tables of sessions at the versions of now."""
    earlier = sorted({day - timedelta(days=1) for day in days} - set(days))
    moved = {table.name: versions[table.name] for table in OF_SESSIONS}
    names = ", ".join(f"'{name}'" for name in moved)
    pins = f"map_concat(map_filter(table_versions, (name, _) -> name not in ({names})), map({_pinned(moved)}))"
    return newest_published(published.where(in_days("day", earlier))).selectExpr(
        "site", "day", "current_timestamp() published_at", "bronze_version", f"{pins} table_versions", "requests",
        "live_requests", "despite",
    )  # fmt: skip
