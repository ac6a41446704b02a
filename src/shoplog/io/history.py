"""What detectors learn from: a site's counts by minute, and requests by dimension, of published days and live partials."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from shoplog.contracts.anomalies import COUNTS
from shoplog.contracts.families import FAMILIES, TRAFFIC
from shoplog.contracts.tables import GOLD, GOLD_PARTIAL_LIVE
from shoplog.io.commits import is_table
from shoplog.io.sinks import table_path
from shoplog.settings import Settings

HISTORY_DAYS = 28
# Dimensions that may tell why a site's figures changed, and the families that count requests by them.
_DIMENSIONS = {"pages": "path", "statuses": "http_status", "countries": "country"}


def minute_counts(settings: Settings) -> pl.DataFrame:
    """Return site, window_start, requests, page_views and status_5xx of the last `HISTORY_DAYS`.

    A day that was recomputed comes from there, others from the live partials.
    """
    live = pl.scan_delta(str(table_path(settings, GOLD_PARTIAL_LIVE.name))).filter(pl.col("family") == TRAFFIC.name)
    layers = [live.with_columns(pl.col("window_date").alias("day"))]
    if is_table(table_path(settings, TRAFFIC.table)):
        final = pl.scan_delta(str(table_path(settings, TRAFFIC.table)))
        layers.insert(0, final.with_columns(pl.col("event_date").alias("day")))
    newest = [layer.select(pl.col("day").max()).collect().item() for layer in layers]
    since = max((day for day in newest if day is not None), default=date.max) - timedelta(days=HISTORY_DAYS)
    parts = [_counts(layer.filter(pl.col("day") >= since)) for layer in layers]
    if len(parts) == 2:
        parts[1] = parts[1].join(parts[0], on=["site", "day"], how="anti")
    return pl.concat(parts).drop("day")


def _counts(rows: pl.LazyFrame) -> pl.DataFrame:
    return rows.group_by("site", "window_start", "day").agg(pl.col(COUNTS).sum()).collect()


def requests_by_dimension(settings: Settings, days: Sequence[date], *, is_live: bool) -> pl.LazyFrame:
    """Return site, window_start, dimension, value and requests of the days and those before them.

    They come from the live partials where these are asked for, else from the recomputed tables.
    """
    first, last = min(days) - timedelta(days=1), max(days)
    parts = []
    for family in FAMILIES:
        name = _DIMENSIONS.get(family.name)
        if name is None:
            continue
        if is_live:
            rows = pl.scan_delta(str(table_path(settings, GOLD_PARTIAL_LIVE.name))).filter(
                pl.col("family") == family.name
            )
            of_days = rows.filter(pl.col("window_date").is_between(first, last))
        else:
            rows = pl.scan_delta(str(table_path(settings, GOLD[family.name].name)))
            of_days = rows.filter(pl.col("event_date").is_between(first, last))
        value = pl.col(name).cast(pl.String).alias("value")
        parts.append(of_days.select("site", "window_start", "requests", pl.lit(name).alias("dimension"), value))
    return pl.concat(parts)
