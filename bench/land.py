"""land: a topic that is full already -> bronze and figures per minute in Delta tables (PyFlink: Parquet).

Each side drains the same topic into empty tables. Its session stays up between runs, so that only the first is cold. CPU time
and memory are those of the side and of the broker it reads from.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bench.broker import Broker, running_broker, started, wait_until
from bench.clients import java_file, librdkafka_file
from bench.log_lines import SITE, log_files, yesterday
from bench.pair import Peer, Row, chosen, compare
from bench.sides import Kept, Output
from bench.toolbox import peers_jars, peers_python
from shoplog.settings import REPOSITORY, Settings
from shoplog.stack import flume
from shoplog.stack.jvm import jvm_environment

LINES = 2_000_000
_PEERS = REPOSITORY / "bench/peers"
_LEFT_OUT = (
    "bots, devices, countries, channels, shop events, visitor ids, ledger, de-duplication, eleven of twelve families"
)
_PATIENCE_S = 1800


def measure(settings: Settings, scale: float, runs: int, only: Sequence[str] = ()) -> list[Row]:
    """Return a row a peer, or one for each of `only` these."""
    lines = int(LINES * scale)
    with preloaded(settings, lines) as broker:
        own = broker.settings
        place = [own.topic_raw, str(own.home)]
        java, rdkafka = java_file(own, "stream"), librdkafka_file(own, "stream")
        variables = {"SHOPLOG_HOME": str(own.home), "SHOPLOG_KAFKA_PORT": str(own.kafka_port)}

        def naive() -> Peer:
            command = [sys.executable, str(_PEERS / "land_naive.py"), java, *place]
            return Peer(Kept("naive-pyspark", command, {}, [broker.pid]), 5, f"{_LEFT_OUT}, exactly once")

        def hand_written() -> Peer:
            command = [peers_python(), str(_PEERS / "land_by_hand.py"), rdkafka, *place]
            return Peer(Kept("hand-written", command, {}, [broker.pid]), 1, f"{_LEFT_OUT}, exactly once")

        def flink() -> Peer:
            command = [peers_python("flink"), str(_PEERS / "land_flink.py"), str(peers_jars("flink")), java, *place]
            return Peer(Kept("pyflink", command, jvm_environment(), [broker.pid]), 1, f"{_LEFT_OUT}, Delta")

        peers = chosen({"naive-pyspark": naive, "hand-written": hand_written, "pyflink": flink}, only)
        ours = Kept("ours", [sys.executable, "-m", "bench.ours_land"], variables, [broker.pid])
        return compare("land", lines, ours, peers, runs, are_equal)


def are_equal(ours: Output, theirs: Output) -> bool:
    """Return whether lines, refused lines, and requests and bytes of each minute are equal."""
    return bool(ours == theirs)


@contextmanager
def preloaded(settings: Settings, lines: int) -> Iterator[Broker]:
    """Yield a broker whose topic holds the lines of yesterday, sent by our agent."""
    files = log_files(settings, lines, yesterday())
    with running_broker(settings) as broker:
        own = broker.settings
        folder = own.home / "sites" / SITE / "logs"
        folder.mkdir(parents=True)
        for path in files:
            (folder / path.name).hardlink_to(path)
        broker.fresh_topics()
        with started(flume.prepare(own), own, "flume"):
            wait_until(
                lambda: broker.records() >= lines, f"the topic was not filled, see {own.home}/flume.log", _PATIENCE_S
            )
        yield broker
