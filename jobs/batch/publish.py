"""The switch: from now on the day's figures come from the recomputed tables, at the versions pinned here."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from jobs.batch.recompute import WRITES
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE, PUBLISHED_DAY, SILVER_REQUEST
from shoplog.errors import UserError
from shoplog.io.commits import latest_version
from shoplog.io.leases import table_leases
from shoplog.io.sinks import append, create_table
from shoplog.settings import Settings
from shoplog.transforms.merge import daily_requests

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def publish(session: SparkSession, settings: Settings, day: date) -> int:
    """Publish each site that has lines on the day; return how many.

    Raises `UserError` for a day that is not over, and for one without any request: that would switch nothing.
    """
    if day >= datetime.now(UTC).date():
        raise UserError(f"{day} is not over in UTC: only finished days are published.")
    if latest_version(settings.warehouse / SILVER_REQUEST.name) is None:
        raise UserError(f"Nothing was recomputed yet: run 'shoplog recompute --date {day}' first.")
    with table_leases(settings, (PUBLISHED_DAY.name,), "publish", session._jvm):
        create_table(session, settings, PUBLISHED_DAY.name)
        create_table(session, settings, GOLD_PARTIAL_LIVE.name)
        versions = {table: latest_version(settings.warehouse / table) for table in WRITES}
        pinned = ", ".join(f"'{table}', {version}L" for table, version in versions.items())
        bronze = latest_version(settings.warehouse / BRONZE_ACCESS_LOG.name)
        silver = session.read.format("delta").load(str(settings.warehouse / SILVER_REQUEST.name))
        live = daily_requests(session.read.format("delta").load(str(settings.warehouse / GOLD_PARTIAL_LIVE.name)))
        live = live.where(f"day = '{day.isoformat()}'").selectExpr("site", "requests live_requests")
        requests = silver.where(f"event_date = '{day.isoformat()}'").groupBy("site").count()
        rows = requests.join(live, "site", "left").selectExpr(
            "site", f"date'{day.isoformat()}' day", "current_timestamp() published_at",
            f"cast({bronze if bronze is not None else 'null'} as bigint) bronze_version", f"map({pinned}) table_versions",
            "count requests", "coalesce(live_requests, 0) live_requests",
        ).coalesce(1)  # fmt: skip
        sites = requests.count()
        if not sites:
            raise UserError(f"{day} has no recomputed requests: nothing was published.")
        append(rows, settings, PUBLISHED_DAY.name)
        return sites
