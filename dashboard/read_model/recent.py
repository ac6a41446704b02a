"""The rows that the live figures are made of, kept in memory: each data file is read once, and forgotten once it is old."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from shoplog.contracts.families import BOTS, COUNTRIES, ERRORS, PAGES, SOURCES, TRAFFIC
from shoplog.contracts.sessions import GAP_MINUTES
from shoplog.contracts.shop_families import EVENTS, ORDERS, PRODUCTS
from shoplog.contracts.tables import GOLD_PARTIAL_LIVE
from shoplog.contracts.visitor_minutes import VISITOR_MINUTES
from shoplog.io.arrow import arrow_schema

SERIES_MINUTES = 60
_BY_HOUR = (PAGES, PRODUCTS, EVENTS, ERRORS, SOURCES, COUNTRIES, BOTS)
_SCHEMA = pl.Schema(arrow_schema(GOLD_PARTIAL_LIVE))
_COLUMNS = {
    family.name: ["site", "window_start", *family.dimensions, *(metric.name for metric in family.metrics)]
    for family in (TRAFFIC, ORDERS, VISITOR_MINUTES, *_BY_HOUR)
}
# The rows of each family by its name, with its dimensions and metrics.
Recent = Mapping[str, pl.DataFrame]


def day_of(moment: datetime) -> datetime:
    """Return the start of the UTC day."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def hour_of(moment: datetime) -> datetime:
    """Return the start of the UTC hour."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def starts(newest: datetime) -> dict[str, datetime]:
    """Return by family's name from which window on its rows are looked at, when `newest` is the newest minute."""
    day, hour = day_of(newest), hour_of(newest) - timedelta(hours=1)
    return {
        # Of the whole day: whether it is as it was published.
        TRAFFIC.name: min(day, newest - timedelta(minutes=SERIES_MINUTES - 1)),
        ORDERS.name: day,
        VISITOR_MINUTES.name: newest - timedelta(minutes=GAP_MINUTES),
        **{family.name: hour for family in _BY_HOUR},
    }


def split(partials: pl.DataFrame, newest: datetime) -> Recent:
    """Return the recent rows of partials by family, without families that have none."""
    found = {name: partials.filter(chosen).select(_COLUMNS[name]) for name, chosen in _recent(newest).items()}
    return {name: rows for name, rows in found.items() if not rows.is_empty()}


def joined(files: Iterable[Recent], newest: datetime, until: datetime) -> Recent:
    """Return the rows of some files that are recent and have begun `until` then: a server's clock may run minutes ahead."""
    known = list(files)
    found = {}
    for name, start in starts(newest).items():
        nothing = pl.DataFrame(schema={column: _SCHEMA[column] for column in _COLUMNS[name]})
        rows = pl.concat([nothing, *(one[name] for one in known if name in one)])
        found[name] = rows.filter(pl.col("window_start").is_between(start, until))
    return found


class RecentFiles:
    """Keeps what `split` makes of each file's rows of some sites."""

    def __init__(self, of_sites: pl.Expr) -> None:
        """Know no file yet."""
        self._of_sites = of_sites
        self._files: dict[Path, Recent] = {}
        self._newest: datetime | None = None

    def rows(self, paths: Iterable[Path], newest: datetime, until: datetime) -> Recent:
        """Return the recent rows of exactly these files; raises where a new one is gone."""
        # Of a file there may be nothing left to keep.
        self._files = {path: self._files[path] if path in self._files else self._read(path, newest) for path in paths}
        if newest != self._newest:
            # Rows of an hour ago serve nobody, and visitors are many.
            self._files = {path: _still(rows, newest) for path, rows in self._files.items()}
            self._newest = newest
        return joined(self._files.values(), newest, until)

    def _read(self, path: Path, newest: datetime) -> Recent:
        scan = pl.scan_parquet(path, schema=_SCHEMA, hive_partitioning=False, missing_columns="insert")
        # A folded file has the whole day's visitors, of which half an hour is asked for.
        return split(scan.filter(self._of_sites & pl.any_horizontal(*_recent(newest).values())).collect(), newest)


def _still(rows: Recent, newest: datetime) -> Recent:
    """Return the families that have recent rows yet."""
    last = {name: of_family["window_start"].max() for name, of_family in rows.items()}
    return {name: rows[name] for name, start in starts(newest).items() if name in rows and last[name] >= start}  # type: ignore[operator]


def _recent(newest: datetime) -> dict[str, pl.Expr]:
    """Return which rows of partials are recent ones of each family."""
    window, family = pl.col("window_start"), pl.col("family")
    return {name: (family == name) & (window >= start) for name, start in starts(newest).items()}
