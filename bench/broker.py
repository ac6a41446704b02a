"""A broker of the benchmark's own: the stack's, in a folder and on ports of its own, with topics made anew for each run."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kafka import KafkaConsumer, TopicPartition

from bench.ports import free_ports
from shoplog.io.kafka_users import python_options
from shoplog.settings import Settings
from shoplog.stack import kafka
from shoplog.stack.kafka_access import admin, open_broker
from shoplog.stack.launch import environment

_PORTS = ("kafka_port", "kafka_controller_port", "flume_metrics_port", "airflow_port", "web_port")
_PATIENCE_S = 120
_POLL_S = 0.1


class Broker:
    """A running broker: its settings, its process id and its topic of lines."""

    def __init__(self, settings: Settings, pid: int) -> None:
        """Connect once: each question is then a small one."""
        self.settings, self.pid = settings, pid
        self._consumer = KafkaConsumer(**python_options(settings, "monitor"), enable_auto_commit=False, group_id=None)

    def close(self) -> None:
        """Close the connection."""
        self._consumer.close()

    def fresh_topics(self) -> None:
        """Delete the stack's topics and make them again, empty."""
        with admin(self.settings) as client:
            old = [topic for topic in client.list_topics() if not topic.startswith("__")]
            if old:
                client.delete_topics(old)
            wait_until(lambda: self.settings.topic_raw not in client.list_topics(), "the topic is not deleted")
        open_broker(self.settings)
        wait_until(lambda: self.records() == 0, "the topic is not empty")

    def records(self) -> int:
        """Return how many records the topic of the lines holds; -1 while it is not there."""
        topic = self.settings.topic_raw
        partitions = self._consumer.partitions_for_topic(topic)
        if not partitions:
            return -1
        ends: dict[TopicPartition, int] = self._consumer.end_offsets([TopicPartition(topic, one) for one in partitions])
        return sum(ends.values())


@contextmanager
def own_home(settings: Settings) -> Iterator[Settings]:
    """Yield the settings of a home of the benchmark's own, on free ports; it is removed again."""
    (settings.home / "bench").mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="run-", dir=settings.home / "bench"))
    own = settings.model_copy(update={"home": home, "host": "bench", **free_ports(_PORTS)})
    own.run_dir.mkdir()
    try:
        yield own
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def running_broker(settings: Settings) -> Iterator[Broker]:
    """Yield a broker that answers, in a home of its own."""
    with own_home(settings) as own, started(kafka.prepare(own), own, "kafka") as process:
        wait_until(lambda: kafka.is_ready(own), "the broker does not answer")
        open_broker(own)
        broker = Broker(own, process.pid)
        try:
            yield broker
        finally:
            broker.close()


@contextmanager
def started(command: list[str], settings: Settings, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """Yield a process, ended by its process id at the end; what it says goes into `NAME.log` of the home."""
    with (settings.home / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            command, env=environment(settings), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_until(is_so: Callable[[], bool], what: str, timeout_s: float = _PATIENCE_S) -> None:
    """Return once the condition is true; raises `RuntimeError` after the timeout."""
    deadline = time.monotonic() + timeout_s
    while not is_so():
        if time.monotonic() > deadline:
            raise RuntimeError(what)
        time.sleep(_POLL_S)
