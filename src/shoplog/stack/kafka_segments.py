"""Records leave the broker and its disk: the broker removes whole segments only, so the one in use is closed first."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from kafka import KafkaProducer, TopicPartition
from kafka.admin import AlterConfigOp, ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import KafkaError

from shoplog.errors import TryLaterError, UserError
from shoplog.io.offsets import Offsets
from shoplog.settings import Settings
from shoplog.stack.kafka_access import admin, admin_options

# kafka-python sends no record that has neither key nor value.
_KEY = b"end of segment"


def close_segments(settings: Settings, topic: str) -> Offsets:
    """Write a record of nothing behind all others of each partition, in a segment of its own; return where these stand.

    Readers of lines skip them. Raises `TryLaterError` where the broker does not answer.
    """
    with (
        _answering(settings) as client,
        closing(KafkaProducer(**admin_options(settings), acks="all")) as producer,
        _short_segments(client, topic),
    ):
        partitions = sorted(producer.partitions_for(topic) or ())
        sent = [producer.send(topic, key=_KEY, value=None, partition=one) for one in partitions]
        records = [one.get(timeout=30) for one in sent]
        return {record.partition: record.offset for record in records}


def delete_before(settings: Settings, topic: str, offsets: Offsets, within_s: float) -> None:
    """Delete the records before these offsets, which nobody can read from then on, and wait until they have left the disk.

    Where the broker's disk is not this machine's, it removes them by itself within a minute. Raises `UserError` where they
    are still there after so long.
    """
    places = {TopicPartition(topic, partition): offset for partition, offset in offsets.items()}
    with _answering(settings) as client:
        client.delete_records(places)
    _wait(lambda: not _old_segments(settings, topic, offsets), within_s)


@contextmanager
def _answering(settings: Settings) -> Iterator[KafkaAdminClient]:
    try:
        with admin(settings) as client:
            yield client
    except KafkaError as error:
        raise TryLaterError(f"Kafka at {settings.bootstrap} does not answer ({error}): try again.") from error


def _old_segments(settings: Settings, topic: str, offsets: Offsets) -> list[str]:
    """Return the segments on this machine's disk that begin before the offsets, those marked for removal too."""
    return [
        path.name
        for partition, offset in offsets.items()
        for path in (settings.home / "kafka" / f"{topic}-{partition}").glob("*.log*")
        if path.name.split(".")[0].isdigit() and int(path.name.split(".")[0]) < offset
    ]


def _wait(is_done: Callable[[], bool], within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not is_done():
        if time.monotonic() > deadline:
            raise UserError(
                f"Kafka still holds the deleted records after {within_s:.0f} s: look into logs/kafka.log, then erase again."
            )
        time.sleep(0.5)


@contextmanager
def _short_segments(client: KafkaAdminClient, topic: str) -> Iterator[None]:
    """Let each record begin a segment, until the end of the context."""

    def alter(operation: AlterConfigOp) -> None:
        change = {"segment.ms": (operation, "1")}
        client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, change)])

    alter(AlterConfigOp.SET)
    try:
        time.sleep(0.1)
        yield
    finally:
        alter(AlterConfigOp.DELETE)
