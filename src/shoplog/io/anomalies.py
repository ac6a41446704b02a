"""A day's anomalies as they stand in the tables, and the raw lines they name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl

from shoplog.contracts.anomalies import ANOMALY
from shoplog.contracts.columns import IDENTITY_NAMES
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, BRONZE_IMPORT_LOG
from shoplog.io.sinks import existing_tables, table_path
from shoplog.io.views import connect
from shoplog.settings import Settings


def anomalies_of(settings: Settings, day: date) -> list[dict[str, Any]]:
    """Return the anomalies of a UTC day with `status` (final or provisional), in order of time."""
    columns = [*(column.name for column in ANOMALY), "status"]
    query = (
        f"select {', '.join(columns)} from gold_anomaly_now where event_date = ? order by window_start, site, subject"
    )
    return [dict(zip(columns, row, strict=True)) for row in connect(settings, query).execute(query, [day]).fetchall()]


def raw_lines(settings: Settings, anomalies: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """Return identity, raw, line_bytes and ingest_time of the lines that the anomalies name."""
    named = pl.DataFrame(
        [tuple(row[name] for name in IDENTITY_NAMES) for row in anomalies if row["subject"] is not None],
        {**dict.fromkeys(IDENTITY_NAMES[:3], pl.String), "byte_offset": pl.Int64},
        orient="row",
    )
    parts = []
    for table in existing_tables(settings, (BRONZE_ACCESS_LOG, BRONZE_IMPORT_LOG)):
        rows = pl.scan_delta(str(table_path(settings, table.name))).select(
            *IDENTITY_NAMES, "raw", "line_bytes", "ingest_time"
        )
        of_files = rows.filter(pl.col("file").is_in(named["file"].unique().implode()))
        parts.append(of_files.join(named.lazy(), on=list(IDENTITY_NAMES), how="semi").collect())
    return pl.concat(parts).unique(list(IDENTITY_NAMES), keep="first") if parts else pl.DataFrame()
