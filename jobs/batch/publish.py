"""The switch: from now on the days' figures come from the recomputed tables, at the versions pinned here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from jobs.batch.recompute import WRITES
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE, PUBLISHED_DAY, SILVER_REQUEST
from shoplog.contracts.visits import OF_SESSIONS
from shoplog.errors import UserError
from shoplog.io.commits import latest_version
from shoplog.io.leases import table_leases
from shoplog.io.sinks import append, create_table, in_days
from shoplog.settings import Settings
from shoplog.transforms.days import newest_published, request_counts
from shoplog.transforms.merge import daily_requests

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def publish(session: SparkSession, settings: Settings, days: Sequence[date]) -> int:
    """Publish each site that has lines on the days; return how many pairs of site and day.

    The sessions of a published day before one of them are pinned anew: those that run over midnight are whole now. Raises
    `UserError` for a day that is not over, and where no day has any request: that would switch nothing.
    """
    for day in days:
        if day >= datetime.now(UTC).date():
            raise UserError(f"{day} is not over in UTC: only finished days are published.")
    if latest_version(settings.warehouse / SILVER_REQUEST.name) is None:
        raise UserError(f"Nothing was recomputed yet: run 'shoplog recompute --date {days[0]}' first.")
    with table_leases(settings, (PUBLISHED_DAY.name,), "publish", session._jvm):
        published = create_table(session, settings, PUBLISHED_DAY.name)
        create_table(session, settings, GOLD_PARTIAL_LIVE.name)
        versions = {table: latest_version(settings.warehouse / table) for table in WRITES}
        bronze = latest_version(settings.warehouse / BRONZE_ACCESS_LOG.name)
        silver = session.read.format("delta").load(str(settings.warehouse / SILVER_REQUEST.name))
        live = daily_requests(session.read.format("delta").load(str(settings.warehouse / GOLD_PARTIAL_LIVE.name)))
        live = live.selectExpr("site", "day", "requests live_requests")
        requests = request_counts(silver.where(in_days("event_date", days)))
        rows = requests.join(live, ["site", "day"], "left").selectExpr(
            "site", "day", "current_timestamp() published_at",
            f"cast({bronze if bronze is not None else 'null'} as bigint) bronze_version",
            f"map({_pinned(versions)}) table_versions", "requests", "coalesce(live_requests, 0) live_requests",
        ).persist()  # fmt: skip
        count = rows.count()
        if not count:
            raise UserError(f"{', '.join(map(str, days))} has no recomputed requests: nothing was published.")
        before = session.read.format("delta").load(str(published))
        append(rows.unionByName(_days_before(before, days, versions)).coalesce(1), settings, PUBLISHED_DAY.name)
        rows.unpersist()
        return count


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
        "live_requests",
    )  # fmt: skip
