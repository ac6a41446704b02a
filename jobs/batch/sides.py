"""Both sides of one UTC day at one bronze version: the stream's partials, the recomputed tables, and the lines behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Self

from shoplog.contracts.columns import IDENTITY_NAMES
from shoplog.contracts.model import Family
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, BRONZE_IMPORT_LOG, GOLD_PARTIAL_LIVE, SILVER_REQUEST
from shoplog.io.day_index import ingest_dates
from shoplog.io.sinks import create_table, in_days
from shoplog.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


@dataclass(frozen=True, slots=True)
class Sides:
    """One day's rows; `at` has the version of both bronze tables and of the live partials."""

    session: SparkSession
    settings: Settings
    day: date
    at: Mapping[str, int]
    came: Sequence[date]

    @classmethod
    def of(cls, session: SparkSession, settings: Settings, day: date, at: Mapping[str, int]) -> Self:
        """Return the day's sides; `came` are the days on which its streamed lines came in, looked up once."""
        table = BRONZE_ACCESS_LOG.name
        return cls(session, settings, day, at, ingest_dates({settings.warehouse / table: at[table]}, [day]))

    def live(self, families: Sequence[Family]) -> DataFrame:
        """Return the stream's partials of the day."""
        names = ", ".join(f"'{family.name}'" for family in families)
        return self._read_at(GOLD_PARTIAL_LIVE.name).where(f"family in ({names}) and window_date = '{self.day}'")

    def batch(self, table: str) -> DataFrame:
        """Return the day's rows of a recomputed table, as it is now."""
        rows = self.session.read.format("delta").load(str(create_table(self.settings, table)))
        return rows.where(f"event_date = '{self.day}'")

    def as_streamed(self) -> DataFrame:
        """Return the day's accepted lines as the stream read them, which is what its partials were made of."""
        of_day = f"fate = 'accepted' and event_date = '{self.day}' and {in_days('ingest_date', self.came)}"
        return self._read_at(BRONZE_ACCESS_LOG.name).where(of_day)

    def only_imported(self) -> DataFrame:
        """Return the accepted lines of the day that the stream never saw: what batch may have more of, line by line."""
        live, imported = (self._read_at(t.name) for t in (BRONZE_ACCESS_LOG, BRONZE_IMPORT_LOG))
        of_day = imported.where(f"fate = 'accepted' and event_date = '{self.day}'")
        return of_day.join(live.select(*IDENTITY_NAMES), on=list(IDENTITY_NAMES), how="left_anti")

    def read_otherwise(self) -> dict[str, str]:
        """Return the sites that the stream read by other rules than the recompute, with both versions in words."""
        then, now = (
            {(row["site"], row["rules_version"]) for row in rows.select("site", "rules_version").distinct().collect()}
            for rows in (self.as_streamed(), self.batch(SILVER_REQUEST.name))
        )
        found = {}
        for site in sorted({site for site, _ in then}):
            old, new = ({version for s, version in rows if s == site} for rows in (then, now))
            if old != new:
                found[site] = f"read by rules {_named(old)}, recomputed by {_named(new)}"
        return found

    def _read_at(self, table: str) -> DataFrame:
        reader = self.session.read.format("delta").option("versionAsOf", self.at[table])
        return reader.load(str(create_table(self.settings, table)))


def _named(versions: set[int | None]) -> str:
    return " and ".join(sorted(str(version) for version in versions)) or "none"
