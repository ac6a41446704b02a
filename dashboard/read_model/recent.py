"""The rows that the live figures are made of, kept in memory: each data file is read once, and forgotten once it is old."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from shoplog.contracts.families import BOTS, COUNTRIES, ERRORS, EVENTS, ORDERS, PAGES, PRODUCTS, SOURCES, TRAFFIC
from shoplog.contracts.model import Family
from shoplog.contracts.sessions import GAP_MINUTES
from shoplog.contracts.tables import GOLD_PARTIAL_LIVE
from shoplog.contracts.visitor_minutes import VISITOR_MINUTES
from shoplog.io.arrow import arrow_schema

SERIES_MINUTES = 60
_BY_HOUR = (PAGES, PRODUCTS, EVENTS, ERRORS, SOURCES, COUNTRIES, BOTS)
_SCHEMA = pl.Schema(arrow_schema(GOLD_PARTIAL_LIVE))
# The rows of each family, by its dimensions and metrics.
Recent = Mapping[Family, pl.DataFrame]


def day_of(moment: datetime) -> datetime:
    """Return the start of the UTC day."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def hour_of(moment: datetime) -> datetime:
    """Return the start of the UTC hour."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def starts(newest: datetime) -> dict[Family, datetime]:
    """Return from which window on rows of each family are looked at, when `newest` is the newest minute."""
    day = day_of(newest)
    return {
        # Of the whole day: whether it is as it was published.
        TRAFFIC: min(day, newest - timedelta(minutes=SERIES_MINUTES - 1)),
        ORDERS: day,
        VISITOR_MINUTES: newest - timedelta(minutes=GAP_MINUTES),
        **dict.fromkeys(_BY_HOUR, hour_of(newest) - timedelta(hours=1)),
    }


def split(partials: pl.DataFrame, newest: datetime) -> dict[Family, pl.DataFrame]:
    """Return the recent rows of partials by family, without families that have none."""
    found = {family: partials.filter(chosen).select(_columns(family)) for family, chosen in _recent(newest).items()}
    return {family: rows for family, rows in found.items() if not rows.is_empty()}


def joined(files: Iterable[Recent], newest: datetime, until: datetime) -> Recent:
    """Return the rows of some files that are recent and have begun `until` then: a server's clock may run minutes ahead."""
    known = list(files)
    found = {}
    for family, start in starts(newest).items():
        nothing = pl.DataFrame(schema={name: _SCHEMA[name] for name in _columns(family)})
        rows = pl.concat([nothing, *(one[family] for one in known if family in one)])
        found[family] = rows.filter((pl.col("window_start") >= start) & (pl.col("window_start") <= until))
    return found


class RecentFiles:
    """Keeps what `split` makes of each file's rows of some sites."""

    def __init__(self, of_sites: pl.Expr) -> None:
        """Know no file yet."""
        self._of_sites = of_sites
        self._files: dict[Path, Recent] = {}

    def rows(self, paths: Iterable[Path], newest: datetime, until: datetime) -> Recent:
        """Return the recent rows of exactly these files; raises where a new one is gone."""
        first = starts(newest)
        # Of a file there may be nothing left to keep.
        known = {path: self._files[path] if path in self._files else self._read(path, newest) for path in paths}
        # Rows of an hour ago serve nobody, and visitors are many.
        self._files = {
            path: {family: rows for family, rows in of_file.items() if rows["window_start"].max() >= first[family]}  # type: ignore[operator]
            for path, of_file in known.items()
        }
        return joined(self._files.values(), newest, until)

    def _read(self, path: Path, newest: datetime) -> Recent:
        scan = pl.scan_parquet(path, schema=_SCHEMA, hive_partitioning=False, missing_columns="insert")
        # A folded file has the whole day's visitors, of which half an hour is asked for.
        return split(scan.filter(self._of_sites & pl.any_horizontal(*_recent(newest).values())).collect(), newest)


def _recent(newest: datetime) -> dict[Family, pl.Expr]:
    """Return which rows of partials are recent ones of each family."""
    return {
        family: (pl.col("family") == family.name) & (pl.col("window_start") >= start)
        for family, start in starts(newest).items()
    }


def _columns(family: Family) -> list[str]:
    return ["site", "window_start", *family.dimensions, *(metric.name for metric in family.metrics)]
