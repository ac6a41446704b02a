"""What each data file of the partials adds to the totals, read once: a refresh reads new files only, however long the history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from shoplog.contracts.families import TRAFFIC
from shoplog.contracts.ledger_family import LEDGER

FATES = ("accepted", "quarantined", "duplicates")


@dataclass(frozen=True, slots=True)
class Known:
    """Lines by their fate, the minutes that have requests, ascending, and the last window of any row."""

    fates: Counter[str]
    minutes: pl.Series
    last: datetime | None

    @classmethod
    def of(cls, rows: pl.DataFrame) -> Known:
        """Return what is known of these partials."""
        sums = rows.filter(pl.col("family") == LEDGER.name).select(pl.col(FATES).sum().fill_null(0)).row(0, named=True)
        minutes = rows.filter(pl.col("family") == TRAFFIC.name)["window_start"].unique().sort()
        return cls(Counter(sums), minutes, rows.select(pl.col("window_start").max()).item())

    def newest(self, until: datetime) -> datetime | None:
        """Return the newest minute that has begun by then: a server's clock may run ahead."""
        found = self.minutes.filter(self.minutes <= until).last()
        assert found is None or isinstance(found, datetime)
        return found


class KnownFiles:
    """Keeps what is known of each file; files never change."""

    def __init__(self) -> None:
        """Know none."""
        self._files: dict[Path, Known] = {}

    def read(self, files: Iterable[Path], until: datetime) -> tuple[datetime | None, dict[str, int]]:
        """Return the newest minute by then and the lines by fate of exactly these files; raises where a new one is gone."""
        self._files = {path: self._files.get(path) or _read(path) for path in files}
        newest = [minute for known in self._files.values() if (minute := known.newest(until)) is not None]
        totals = Counter(dict.fromkeys(FATES, 0))
        for known in self._files.values():
            totals.update(known.fates)
        return max(newest, default=None), dict(totals)

    def since(self, moment: datetime) -> list[Path]:
        """Return the files that have windows of then or later."""
        return [path for path, known in self._files.items() if known.last is not None and known.last >= moment]


def _read(path: Path) -> Known:
    return Known.of(pl.read_parquet(path, columns=["family", "window_start", *FATES], hive_partitioning=False))
