"""Silver, quarantine and gold of one UTC day, rebuilt from every bronze row and replaced whole; run twice, the same."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from jobs.batch.anomalies import replace_anomalies
from jobs.batch.bronze import bronze_versions, lines_once, read_day
from jobs.partials import accepted_partials
from shoplog.contracts.families import FAMILIES
from shoplog.contracts.tables import GOLD, GOLD_ANOMALY, QUARANTINE_ACCESS_LOG, SILVER_REQUEST
from shoplog.errors import UserError
from shoplog.io.leases import table_leases
from shoplog.io.sinks import create_table, replace_day
from shoplog.settings import Settings
from shoplog.transforms.merge import merged

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

WRITES = (SILVER_REQUEST.name, QUARANTINE_ACCESS_LOG.name, GOLD_ANOMALY.name, *(table.name for table in GOLD.values()))


def recompute(session: SparkSession, settings: Settings, day: date) -> dict[str, int]:
    """Replace the day in silver, quarantine and gold; return the bronze versions it was made from and row counts.

    Raises `UserError`, with nothing replaced, for a day without any line: missing is failing.
    """
    versions = bronze_versions(session, settings)
    with table_leases(settings, WRITES, "recompute", session._jvm):
        for table in WRITES:
            create_table(session, settings, table)
        once = lines_once(read_day(session, settings, versions, day), settings).persist()
        try:
            if once.isEmpty():
                raise UserError(
                    f"{day} has no lines: none that came in has this event date, and none was refused on it. If there "
                    "should be some, 'shoplog ledger' says where they are."
                )
            accepted = once.where(f"reason is null and event_date = '{day.isoformat()}'")
            refused = once.where(f"reason is not null and ingest_date = '{day.isoformat()}'")
            replace_day(accepted, settings, SILVER_REQUEST.name, day)
            replace_day(refused, settings, QUARANTINE_ACCESS_LOG.name, day)
            silver = session.read.format("delta").load(str(settings.warehouse / SILVER_REQUEST.name))
            silver = silver.where(f"event_date = '{day.isoformat()}'")
            figures = accepted_partials(silver).persist()
            for family in FAMILIES:
                gold = merged(figures, family).selectExpr("*", "to_date(window_start) event_date")
                replace_day(gold, settings, family.table, day)
            figures.unpersist()
            replace_anomalies(session, settings, day)
            return {**versions, "accepted": silver.count(), "quarantined": refused.count()}
        finally:
            once.unpersist()
