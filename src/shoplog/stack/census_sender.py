"""Sends the census on its own topic, and keeps the agent's positions: the part that runs beside each agent."""

from __future__ import annotations

import json
import logging
import signal
import threading
import time
from dataclasses import asdict

from kafka import KafkaProducer
from kafka.errors import KafkaError

from shoplog.errors import TryLaterError
from shoplog.io.kafka_users import python_options
from shoplog.logs import configure_logs
from shoplog.settings import Settings
from shoplog.sites import load_sites
from shoplog.stack.census import Census, CensusRow
from shoplog.stack.flume import keep_position

_log = logging.getLogger("shoplog.census")


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
                    **python_options(self._settings, "census"), acks="all", max_block_ms=5000
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
        except (KafkaError, TryLaterError, OSError, ValueError, AssertionError) as error:
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
    configure_logs()
    stop = threading.Event()
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda *_: stop.set())
    run(Settings.load(), stop)


if __name__ == "__main__":
    main()
