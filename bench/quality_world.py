"""One day of the chain without its engines: from bronze rows to every table the suites look at, by the contracts' own SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl

from bench.quality_gold import compare, make_gold
from bench.quality_ledger import make_ledger
from jobs.batch.quality_frames import Measured, day_frames, measured_days
from shoplog.contracts.columns import IDENTITY_NAMES
from shoplog.contracts.proof import QUALITY_MEASURE
from shoplog.io.duck import open_connection

if TYPE_CHECKING:
    import pandas


@dataclass(slots=True)
class World:
    """A day as it was written and as it landed; a defect changes what landed, or edits the tables made of it by SQL.

    `lost_partials` is SQL (of bronze rows) of what the stream never added up. Edits of gold come before the comparison,
    `edits` after everything. `late` lines came in after the certificate's bronze version.
    """

    day: date
    written: pl.DataFrame
    bronze: pl.DataFrame
    lost_partials: str = "false"
    lost_batch: str = "false"
    gold_edits: list[str] = field(default_factory=list)
    edits: list[str] = field(default_factory=list)
    late: int = 0

    @property
    def landed(self) -> tuple[object, ...]:
        """What the tables are made of."""
        return id(self.written), id(self.bronze), self.lost_partials, self.lost_batch, self.late

    @classmethod
    def clean(cls, day: date, rows: pl.DataFrame) -> World:
        """Return the day on which all went well."""
        return cls(day, rows.filter(pl.col("fate") != "duplicate"), rows)


def measures(day: date, bronze: pl.DataFrame) -> list[Measured]:
    """Return what a day measures, for later days' history."""
    connection = open_connection()
    connection.register("bronze_access_log", bronze.to_arrow())
    return measured_days(connection, [day])


class Tables:
    """The tables of a day as they stand after the nightly."""

    def __init__(self, world: World, history: Iterable[Measured]) -> None:
        """Make them all; `history` are the measures of earlier days."""
        self._world, self._tables = world, open_connection()
        tables, identity = self._tables, ", ".join(IDENTITY_NAMES)
        # So few rows are not worth a second thread.
        tables.execute("set threads = 1")
        tables.register("bronze_access_log", world.bronze.to_arrow())
        tables.execute(f"create table live as select * from bronze_access_log where not ({world.lost_partials})")
        tables.execute(
            "create table batch as select * replace ('accepted' as fate) from bronze_access_log "
            f"where reason is null and not ({world.lost_batch}) qualify row_number() over (partition by {identity}) = 1"
        )
        make_gold(tables)
        make_ledger(tables, world.day, world.written, world.bronze)
        compare(tables, world.day, world.late)
        measured = [*history, *measured_days(tables, [world.day])]
        known = pl.DataFrame(measured, schema=list(QUALITY_MEASURE.column_names), orient="row")
        tables.register("measured", known.to_arrow())
        tables.execute("create table quality_measure as select * from measured")

    def frames(self, gold_edits: Sequence[str] = (), edits: Sequence[str] = ()) -> dict[str, pandas.DataFrame]:
        """Return the frames that the suites see; `gold_edits` come before the comparison, `edits` after it, none of them stays."""
        self._tables.execute("begin")
        for edit in gold_edits:
            self._tables.execute(edit)
        if gold_edits:
            compare(self._tables, self._world.day, self._world.late)
        for edit in edits:
            self._tables.execute(edit)
        made = day_frames(self._tables, self._world.day, is_over=True)
        self._tables.execute("rollback")
        return made

    def close(self) -> None:
        """Free them."""
        self._tables.close()


def moment(day: date, hour: float) -> datetime:
    """Return the UTC moment so many hours after the day's beginning."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour)
