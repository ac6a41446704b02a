"""Who comes back: logins by the day or week on which they were first there; visitors without a login are new every day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from dashboard.read_model.parts import Part, Parts
from shoplog.contracts.visits import SILVER_LOGIN
from shoplog.report.question import Span

# Longer periods go by week: a table has room for so many.
_MOST_DAYS, _MOST_COLUMNS = 31, 15
_REMEMBERED = 100


def login_parts(parts: Parts) -> tuple[Part, ...]:
    """Return the parts of all published days' logins: whoever is new is so among all."""
    days = [row["day"] for row in parts.published]
    return tuple(parts.pinned(SILVER_LOGIN.name, [Span(min(days), max(days))])) if days else ()


# All logins there ever were are counted, and what a file holds never changes.
@lru_cache(_REMEMBERED)
def cohorts(parts: tuple[Part, ...], span: Span, sites: tuple[str, ...]) -> dict[str, Any]:
    """Return `unit` (day, or week from Monday) and its `cohorts`: site, `first`, `since` in units, and `logins`.

    These are logins that were first there in `first`, which lies in the span, and again so many units later, 14 at most.
    Published days count; by day they are those of the view `gold_retention_1d_now`.
    """
    unit = "day" if span.days <= _MOST_DAYS else "week"
    return {
        "unit": unit,
        "cohorts": _counted([_logins(part) for part in parts], span, sites, 1 if unit == "day" else 7),
    }


def _logins(part: Part) -> pl.LazyFrame:
    # The day is the folder's name: a column that a table is partitioned by stands in no file.
    day = date.fromisoformat(Path(part.path).parent.name.removeprefix("event_date="))
    rows = pl.scan_parquet(part.path, hive_partitioning=False).filter(pl.col("site").is_in(list(part.sites)))
    return rows.select("site", "login_id", pl.lit(day).alias("event_date"))


def _counted(scans: Sequence[pl.LazyFrame], span: Span, sites: Sequence[str], unit_days: int) -> list[dict[str, Any]]:
    if not scans:
        return []
    logins = pl.concat(scans)
    chosen = logins.filter(pl.col("site").is_in(list(sites))) if sites else logins
    unit = pl.col("event_date").dt.truncate("1d" if unit_days == 1 else "1w").alias("unit")
    first = pl.col("unit").min().over("site", "login_id").alias("first")
    since = ((pl.col("unit") - pl.col("first")).dt.total_days() // unit_days).alias("since")
    shown = pl.col("first").is_between(_start(span.first, unit_days), span.last) & (pl.col("since") < _MOST_COLUMNS)
    counted = (
        chosen.with_columns(unit)
        .unique(["site", "login_id", "unit"])
        .with_columns(first)
        .with_columns(since)
        .filter(shown)
        .group_by("site", "first", "since")
        .agg(pl.len().alias("logins"))
        .sort("site", "first", "since")
        .collect()
    )
    return [row | {"first": str(row["first"])} for row in counted.iter_rows(named=True)]


def _start(day: date, unit_days: int) -> date:
    """Return the Monday of the day's week where the unit is a week."""
    return day if unit_days == 1 else day - timedelta(days=day.weekday())
