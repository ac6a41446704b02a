"""Live anomalies: every closed minute is judged once, from the partials of new commits; what is found is appended once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl

from shoplog.contracts.tables import GOLD_ANOMALY_LIVE
from shoplog.io.commits import latest_version, read_commit
from shoplog.io.history import minute_counts, requests_by_dimension
from shoplog.io.offsets import KafkaRange
from shoplog.io.sinks import create_table, table_path
from shoplog.io.transactions import append_rows
from shoplog.transforms.anomalies.day import found_anomalies
from shoplog.transforms.anomalies.evidence import with_contributors, with_examples
from shoplog.transforms.anomalies.minutes import KEPT, Minutes, closed_at
from shoplog.transforms.anomalies.series import SiteWatch, series_anomalies

if TYPE_CHECKING:
    from jobs.streaming.batch import LiveTables

_MOST_FILES = 50  # of new partials in one look, so that a look stays short
_AGAIN = timedelta(hours=24)  # judged again after a restart; what was told is not told again


class AnomalyWatch:
    """Judges closed minutes between batches; it only reads the other tables, so that no batch waits for it."""

    def __init__(self, tables: LiveTables) -> None:
        """Learn the past: published days, then the live partials; the last day is left to be judged."""
        self.tables, self.settings = tables, tables.settings
        self.version = latest_version(tables.gold)
        self.minutes, self.watches = Minutes(), dict[str, SiteWatch]()
        self.known: set[tuple[str, str]] = set()
        live = create_table(self.settings, GOLD_ANOMALY_LIVE.name)
        told = pl.scan_delta(str(live)).select(GOLD_ANOMALY_LIVE.key)
        self.told = set(told.collect().iter_rows())
        past = minute_counts(self.settings)
        newest = past["window_start"].max()
        if isinstance(newest, datetime):
            series_anomalies(past.filter(pl.col("window_start") < newest - _AGAIN), self.watches)
            partials = pl.scan_delta(str(tables.gold)).filter(pl.col("window_start") >= newest - _AGAIN)
            self.minutes.add(partials.select(KEPT).collect())

    def tick(self) -> int:
        """Judge what closed since the last time; return how many incidents were told."""
        for version in self._new_versions():
            commit = read_commit(self.tables.gold, version)
            if commit.added and not commit.metadata.get("upkeep"):
                self.minutes.add(pl.scan_parquet(list(commit.added), missing_columns="insert").select(KEPT).collect())
            self.version = version
        closed = closed_at(self.minutes.newest, datetime.now(UTC))
        if closed is None:
            return 0
        found = found_anomalies(self.minutes.traffic, self.minutes.visitors, self.watches, self.known, closed)
        self.minutes.forget(closed)
        return self._tell(found)

    def _new_versions(self) -> range:
        newest = latest_version(self.tables.gold, self.version)
        first = 0 if self.version is None else self.version + 1
        return range(first, min((newest if newest is not None else -1) + 1, first + _MOST_FILES))

    def _tell(self, found: pl.DataFrame) -> int:
        keys = list(found.select(GOLD_ANOMALY_LIVE.key).iter_rows())
        fresh = found.filter(pl.Series([key not in self.told for key in keys], dtype=pl.Boolean))
        if not len(fresh):
            return 0
        lines = pl.scan_delta(str(self.tables.bronze)).filter(pl.col("event_date").is_in(fresh["event_date"].implode()))
        days = fresh["event_date"].unique().to_list()
        shown = with_contributors(with_examples(fresh, lines), requests_by_dimension(self.settings, days, is_live=True))
        path, at = table_path(self.settings, GOLD_ANOMALY_LIVE.name), self.tables.measured
        append_rows(path, shown, GOLD_ANOMALY_LIVE, KafkaRange(at, at).to_metadata())
        self.told.update(keys)
        return len(fresh)
