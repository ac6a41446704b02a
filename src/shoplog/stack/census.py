"""What the log files hold, counted beside the agent and sent on its own topic; also keeps the agent's positions."""

from __future__ import annotations

import json
import logging
import re
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from kafka import KafkaProducer
from kafka.errors import KafkaError

from shoplog.settings import Settings
from shoplog.sites import Site, load_sites
from shoplog.stack.flume import keep_position

_CHUNK = 4 * 1024 * 1024
_log = logging.getLogger("shoplog.census")


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
            pattern = re.compile(site.file_pattern)
            try:
                names = sorted(path for path in site.log_dir.iterdir() if pattern.fullmatch(path.name))
            except OSError:
                continue
            for path in names:
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


class _Sender:
    """Sends rows that changed; a row counts as sent once the broker has it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._sent: dict[tuple[str, str], tuple[int, int]] = {}
        self._producer: KafkaProducer | None = None

    def send(self, rows: list[CensusRow], timeout_s: float) -> None:
        changed = [row for row in rows if self._sent.get((row.site, row.file)) != (row.inode, row.size)]
        if not changed:
            return
        try:
            if self._producer is None:
                self._producer = KafkaProducer(
                    bootstrap_servers=self._settings.bootstrap, acks="all", max_block_ms=5000
                )
            topic = self._settings.topic_census
            waiting = [
                (row, self._producer.send(topic, key=row.file.encode(), value=json.dumps(asdict(row)).encode()))
                for row in changed
            ]
            deadline = time.monotonic() + timeout_s
            for row, future in waiting:
                future.get(timeout=max(0.1, deadline - time.monotonic()))
                self._sent[row.site, row.file] = (row.inode, row.size)
        except (KafkaError, OSError, ValueError, AssertionError) as error:
            # The broker is away: the same rows go out at a later census, by a fresh producer.
            _log.warning("census not sent, will be again: %s", error)
            self.close(0.0)

    def close(self, timeout_s: float) -> None:
        if self._producer is not None:
            self._producer.close(timeout=timeout_s)
            self._producer = None


def run(settings: Settings, stop: threading.Event) -> None:
    """Return after `stop`, having sent a last census; until then one each `census_interval_s`."""
    keeper = threading.Thread(target=_keep_positions, args=(settings, stop), daemon=True)
    keeper.start()
    census, sender = Census(settings, load_sites(settings)), _Sender(settings)
    while not stop.wait(settings.census_interval_s):
        sender.send(list(census.rows()), timeout_s=15)
    sender.send(list(census.rows()), timeout_s=3)
    sender.close(1.0)


def _keep_positions(settings: Settings, stop: threading.Event) -> None:
    while not stop.wait(1.0):
        try:
            keep_position(settings)
        except OSError as error:
            _log.warning("positions not kept: %s", error)


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    stop = threading.Event()
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda *_: stop.set())
    run(Settings.load(), stop)


if __name__ == "__main__":
    main()
