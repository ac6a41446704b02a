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
from shoplog.io.transactions import path_of

FATES = ("accepted", "quarantined", "duplicates")


@dataclass(frozen=True, slots=True)
class Known:
    """Lines by their fate, as `FATES`, and quarantined ones by reason; minutes that have requests, ascending; last windows."""

    path: Path
    fates: tuple[int, ...]
    reasons: Counter[str]
    minutes: pl.Series
    last_minute: datetime | None
    last: datetime | None

    @classmethod
    def of(cls, path: Path, rows: pl.DataFrame) -> Known:
        """Return what is known of the partials in this file."""
        ledger = rows.filter(pl.col("family") == LEDGER.name)
        sums = ledger.select(pl.col(FATES).sum().fill_null(0)).row(0)
        refused = ledger.filter(pl.col("quarantined") > 0).group_by("reason").agg(pl.col("quarantined").sum())
        traffic, last = rows.filter(pl.col("family") == TRAFFIC.name), pl.col("window_start").max()
        return cls(
            path,
            sums,
            Counter(dict(refused.rows())),
            traffic["window_start"].unique().sort(),
            traffic.select(last).item(),
            rows.select(last).item(),
        )

    def newest(self, until: datetime) -> datetime | None:
        """Return the newest minute that has begun by then: a server's clock may run ahead."""
        if self.last_minute is None or self.last_minute <= until:
            return self.last_minute
        found = self.minutes.filter(self.minutes <= until).last()
        assert found is None or isinstance(found, datetime)
        return found


class KnownFiles:
    """Keeps what is known of each file's rows of some sites; files never change."""

    def __init__(self, of_sites: pl.Expr) -> None:
        """Know none yet."""
        self._of_sites = of_sites
        self._files: dict[str, Known] = {}

    def read(self, uris: Iterable[str], until: datetime) -> tuple[datetime | None, dict[str, int]]:
        """Return the newest minute by then and the lines by fate of exactly these files; raises where a new one is gone."""
        self._files = {uri: self._files.get(uri) or self._read(path_of(uri)) for uri in uris}
        known = self._files.values()
        newest = max((minute for one in known if (minute := one.newest(until)) is not None), default=None)
        return newest, {fate: sum(one.fates[at] for one in known) for at, fate in enumerate(FATES)}

    def reasons(self) -> dict[str, int]:
        """Return the quarantined lines of the files of the last `read` by their reason."""
        return dict(sum((one.reasons for one in self._files.values() if one.reasons), Counter()))

    def since(self, moment: datetime) -> list[Path]:
        """Return the files that have windows of then or later."""
        return [known.path for known in self._files.values() if known.last is not None and known.last >= moment]

    def _read(self, path: Path) -> Known:
        rows = pl.read_parquet(
            path, columns=["family", "site", "window_start", "reason", *FATES], hive_partitioning=False
        )
        return Known.of(path, rows.filter(self._of_sites))
