"""What the log files hold: whole lines and their bytes, counted beside the agent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from shoplog.settings import Settings
from shoplog.sites import Site, load_sites

_CHUNK = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class CensusRow:
    """One file: its whole lines and their bytes, up to and including the last newline."""

    site: str
    host: str
    file: str
    inode: int
    size: int
    lines: int
    seen_at: str


@dataclass(slots=True)
class _Count:
    inode: int
    size: int = 0
    lines: int = 0
    # How far the file was read: an unfinished last line is read once, not at each census.
    read: int = 0


@dataclass(slots=True)
class Census:
    """Counts what was added since the last look; from the start where a file was replaced or shrank."""

    settings: Settings
    sites: dict[str, Site]
    _counts: dict[Path, _Count] = field(default_factory=dict)

    def rows(self) -> Iterator[CensusRow]:
        """Yield one row for each file of each site, counted now."""
        for site in self.sites.values():
            try:
                files = site.log_files()
            except OSError:
                continue
            for path in files:
                try:
                    count = self._count(path)
                except OSError:
                    continue
                seen_at = datetime.now(UTC).isoformat(timespec="milliseconds")
                yield CensusRow(site.name, self.settings.host, path.name, count.inode, count.size, count.lines, seen_at)

    def _count(self, path: Path) -> _Count:
        with path.open("rb") as lines:
            stat = path.stat()
            count = self._counts.get(path)
            if count is None or count.inode != stat.st_ino or stat.st_size < count.read:
                count = self._counts[path] = _Count(stat.st_ino)
            lines.seek(count.read)
            while chunk := lines.read(_CHUNK):
                newlines = chunk.count(b"\n")
                if newlines:
                    count.lines += newlines
                    count.size = count.read + chunk.rindex(b"\n") + 1
                count.read += len(chunk)
        return count


def take_census(settings: Settings) -> list[CensusRow]:
    """Return one row a file of every site, counted now from the start."""
    return list(Census(settings, load_sites(settings)).rows())
