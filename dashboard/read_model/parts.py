"""Which data files a period is read of, and whose rows in them count: the switch of the `gold_*_now` views, file by file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from dashboard.read_model.followed import FollowedTable
from shoplog.contracts.families import FAMILIES
from shoplog.contracts.model import Family
from shoplog.contracts.proof import PUBLISHED_DAY
from shoplog.contracts.tables import GOLD_PARTIAL_LIVE
from shoplog.io.commits import Identity, State, entry_identity
from shoplog.io.duck import NEWEST, Row, open_tables, rows_of
from shoplog.io.pinned import pinned_version
from shoplog.io.version_files import files_at
from shoplog.report.question import Span
from shoplog.settings import Settings


@dataclass(frozen=True, slots=True)
class Part:
    """A data file and whose rows in it count: those of `sites`, or of all others where `is_live`."""

    path: str
    is_live: bool
    sites: frozenset[str]


class Parts:
    """Knows the files of live and of published days; `refresh` reads what came since, and nothing twice."""

    def __init__(self, settings: Settings) -> None:
        """Know nothing yet."""
        self._settings = settings
        self._live_table = settings.warehouse / GOLD_PARTIAL_LIVE.name
        self._tables = FollowedTable(self._live_table), FollowedTable(settings.warehouse / PUBLISHED_DAY.name)
        self._live: dict[date, list[str]] = {}
        self._pinned: dict[str, dict[tuple[int, date], list[str]]] = defaultdict(dict)
        self.published: list[Row] = []
        self._identities: dict[str, tuple[int, Identity]] = {}
        # The version of the live partials that files are listed of.
        self.live_version: int | None = None

    @property
    def states(self) -> tuple[State, State]:
        """The states of the live partials and of what is published."""
        live, published = self._tables
        return live.state, published.state

    def refresh(self) -> set[str]:
        """Come to the newest versions of the live partials and of what is published; return the files that no version has now."""
        live, published = self._tables
        newest = live.newest(), published.newest()
        if newest == self.states:
            return set()
        before = self._paths()
        if newest[1] != published.state:
            found = open_tables(self._settings, PUBLISHED_DAY).execute(f"select * from {PUBLISHED_DAY.name} {NEWEST}")
            self.published = rows_of(found)
            self._forget_versions()
        if newest[0] != live.state:
            self._list_live(newest[0][0])
        live.state, published.state = newest
        return before - self._paths()

    def of(self, family: Family, spans: Iterable[Span]) -> list[Part]:
        """Return the parts of the family's figures on the days of the spans."""
        live = self._live_parts(_days(spans)) if family in FAMILIES else ()
        return [*self.pinned(family.table, spans), *live]

    def pinned(self, table: str, spans: Iterable[Span]) -> list[Part]:
        """Return the parts of a nightly table on those of the days that are published."""
        days, sites = _days(spans), defaultdict(set)
        for row in self.published:
            if row["day"] in days and (version := pinned_version(row, table)) is not None:
                sites[version, row["day"]].add(row["site"])
        known = self._known_pins(table, sites.keys())
        known |= files_at(self._settings.warehouse / table, sites.keys() - known.keys())
        return [Part(path, False, frozenset(of)) for pin, of in sites.items() for path in known[pin]]

    def all_live(self, spans: Iterable[Span]) -> list[Part]:
        """Return the live parts of the spans' days, with the rows of days that are published."""
        return [Part(path, True, frozenset()) for day in sorted(_days(spans)) for path in self._live.get(day, ())]

    def _known_pins(self, table: str, pins: Collection[tuple[int, date]]) -> dict[tuple[int, date], list[str]]:
        """Return the files of versions that were asked for before, none where the table was made anew since."""
        folder = self._settings.warehouse / table
        version, identity = self._identities.get(table, (None, None))
        if version is not None and entry_identity(folder, version) != identity:
            self._pinned[table].clear()
        newest = max((version for version, _ in (*pins, *self._pinned[table])), default=None)
        if newest is not None:
            self._identities[table] = (newest, entry_identity(folder, newest))
        return self._pinned[table]

    def live_days(self) -> Collection[date]:
        """Return the days of live files."""
        return self._live.keys()

    def _paths(self) -> set[str]:
        pinned = (paths for known in self._pinned.values() for paths in known.values())
        return {path for paths in (*self._live.values(), *pinned) for path in paths}

    def _forget_versions(self) -> None:
        pins = {
            (table, version, row["day"])
            for row in self.published
            for table, version in dict(row["table_versions"]).items()
        }
        for table, known in self._pinned.items():
            for version, day in [pin for pin in known if (table, *pin) not in pins]:
                del known[version, day]

    def _list_live(self, version: int | None) -> None:
        if version is None:
            self._live, self.live_version = {}, None
            return
        table = self._tables[0].opened(version)
        self.live_version = table.version()
        actions = pl.DataFrame(table.get_add_actions(flatten=True)).select("path", "partition.window_date")
        self._live = {
            date.fromisoformat(str(day)): [str(self._live_table / path) for path in of_day["path"]]
            for (day,), of_day in actions.partition_by("partition.window_date", as_dict=True).items()
        }

    def _live_parts(self, days: Collection[date]) -> Iterable[Part]:
        published = defaultdict(set)
        for row in self.published:
            published[row["day"]].add(row["site"])
        for day in sorted(days):
            sites = frozenset(published.get(day, ()))
            yield from (Part(path, True, sites) for path in self._live.get(day, ()))


def _days(spans: Iterable[Span]) -> set[date]:
    return {span.first + timedelta(days=n) for span in spans for n in range(span.days)}
