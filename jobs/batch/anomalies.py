"""A day's anomalies from its recomputed figures and requests, by the same functions as the stream's."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa

from jobs.batch.gold import measured_days
from shoplog.contracts.anomalies import COUNTS
from shoplog.contracts.families import TRAFFIC
from shoplog.contracts.tables import GOLD_ANOMALY, SILVER_REQUEST, VISITOR_MINUTE_PARTIAL
from shoplog.contracts.visitor_minutes import VISITOR_MINUTES
from shoplog.io.arrow import to_arrow
from shoplog.io.history import HISTORY_DAYS, requests_by_dimension
from shoplog.io.sinks import replace_days, table_path
from shoplog.settings import Settings
from shoplog.transforms.anomalies.day import found_anomalies
from shoplog.transforms.anomalies.evidence import with_contributors, with_examples
from shoplog.transforms.anomalies.series import SiteWatch, series_anomalies
from shoplog.transforms.anomalies.visitors import busy_minutes

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def replace_anomalies(session: SparkSession, settings: Settings, day: date) -> int:
    """Replace the day in gold_anomaly, from gold and silver as they are now; return how many incidents there are."""
    traffic = pl.scan_delta(str(table_path(settings, TRAFFIC.table)))
    known = traffic.filter(pl.col("event_date").is_between(day - timedelta(days=HISTORY_DAYS), day))
    minutes = known.select("site", "window_start", "event_date", *COUNTS).collect()
    watches: dict[str, SiteWatch] = {}
    series_anomalies(minutes.filter(pl.col("event_date") < day), watches)
    of_visitors = measured_days(session, settings, [day], [VISITOR_MINUTES], VISITOR_MINUTE_PARTIAL).persist()
    visitors = pl.DataFrame(pl.from_arrow(busy_minutes(of_visitors).toArrow()))
    of_visitors.unpersist()
    found = found_anomalies(minutes.filter(pl.col("event_date") == day), visitors, watches, set())
    found = with_contributors(
        found.filter(pl.col("event_date") == day), requests_by_dimension(settings, [day], is_live=False)
    )
    lines = pl.scan_delta(str(table_path(settings, SILVER_REQUEST.name))).filter(pl.col("event_date") == day)
    batches: list[Any] = list(to_arrow(with_examples(found, lines), GOLD_ANOMALY))
    rows = session.createDataFrame(pa.Table.from_batches(batches), GOLD_ANOMALY.schema_ddl) if len(found) else None
    empty = session.createDataFrame([], GOLD_ANOMALY.schema_ddl)
    replace_days(rows.coalesce(1) if rows is not None else empty, settings, GOLD_ANOMALY.name, [day])
    return len(found)
