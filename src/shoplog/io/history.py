"""What detectors learn from: a site's counts by minute, and requests by dimension, of published days and live partials."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from shoplog.contracts.families import FAMILIES, TRAFFIC
from shoplog.contracts.model import Table
from shoplog.contracts.tables import GOLD, GOLD_PARTIAL_LIVE
from shoplog.io.sinks import table_path
from shoplog.settings import Settings

HISTORY_DAYS = 28
_COUNTS = ("requests", "page_views", "status_5xx")
# Dimensions that may tell why a site's figures changed, and the families that count requests by them.
_DIMENSIONS = {"pages": "path", "statuses": "http_status", "countries": "country"}


def minute_counts(settings: Settings) -> pl.DataFrame:
    """Return site, window_start, requests, page_views and status_5xx of the last `HISTORY_DAYS`.

    A day that was recomputed comes from there, others from the live partials.
    """
    live = pl.scan_delta(str(table_path(settings, GOLD_PARTIAL_LIVE.name))).filter(pl.col("family") == TRAFFIC.name)
    parts = [_counts(live, "window_date")]
    if (table_path(settings, TRAFFIC.table) / "_delta_log").is_dir():
        final = _counts(pl.scan_delta(str(table_path(settings, TRAFFIC.table))), "event_date")
        parts = [final, parts[0].join(final, on=["site", "day"], how="anti")]
    rows = pl.concat(parts)
    newest = rows["day"].max()
    since = newest - timedelta(days=HISTORY_DAYS) if isinstance(newest, date) else date.min
    return rows.filter(pl.col("day") >= since).drop("day")


def _counts(rows: pl.LazyFrame, day: str) -> pl.DataFrame:
    sums = rows.group_by("site", "window_start", pl.col(day).alias("day")).agg(pl.col(_COUNTS).sum())
    return sums.collect()


def requests_by_dimension(settings: Settings, table: Table | None, days: Sequence[date]) -> pl.DataFrame:
    """Return site, window_start, dimension, value and requests of the days and those before them.

    They come from the live partials where these are the `table`, else from the recomputed tables.
    """
    first, last = (min(days) - timedelta(days=1), max(days)) if days else (date.max, date.min)
    parts = []
    for family in FAMILIES:
        name = _DIMENSIONS.get(family.name)
        if name is None:
            continue
        if table is GOLD_PARTIAL_LIVE:
            rows = pl.scan_delta(str(table_path(settings, table.name))).filter(pl.col("family") == family.name)
            of_days = rows.filter(pl.col("window_date").is_between(first, last))
        else:
            rows = pl.scan_delta(str(table_path(settings, GOLD[family.name].name)))
            of_days = rows.filter(pl.col("event_date").is_between(first, last))
        value = pl.col(name).cast(pl.String).alias("value")
        parts.append(of_days.select("site", "window_start", "requests", pl.lit(name).alias("dimension"), value))
    return pl.concat(parts).collect()
