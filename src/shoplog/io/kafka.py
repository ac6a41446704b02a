"""Small questions to the broker: how far a topic goes, and what a stretch of it holds."""

from __future__ import annotations

from collections.abc import Iterator

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from shoplog.errors import TryLaterError
from shoplog.io.kafka_users import User, password_file, python_options
from shoplog.io.offsets import Offsets
from shoplog.settings import Settings

# A broker that starts on a busy machine needs some seconds.
_ANSWERS_WITHIN_MS = 30_000


def _consumer(settings: Settings, user: User, within_ms: int = _ANSWERS_WITHIN_MS) -> KafkaConsumer:
    try:
        return KafkaConsumer(
            **python_options(settings, user),
            enable_auto_commit=False,
            group_id=None,
            bootstrap_timeout_ms=within_ms,
            max_partition_fetch_bytes=16 << 20,
        )
    except KafkaError as error:
        # The client tries on when its password is refused as when nobody answers, and ends with the same error.
        login = f"the password in {password_file(settings, user)}"
        raise TryLaterError(
            f"No Kafka broker answers at {settings.bootstrap} with {login}: run 'shoplog up'."
        ) from error


def topic_offsets(settings: Settings, topic: str, within_ms: int = _ANSWERS_WITHIN_MS) -> tuple[Offsets, Offsets]:
    """Return the first offset kept and the next offset to be given, per partition.

    Raises `TryLaterError` where no broker answers within so long.
    """
    consumer = _consumer(settings, "monitor", within_ms)
    try:
        places = [TopicPartition(topic, partition) for partition in sorted(_partitions(consumer, topic))]
        first, after = consumer.beginning_offsets(places), consumer.end_offsets(places)
        return {p.partition: first[p] for p in places}, {p.partition: after[p] for p in places}
    finally:
        consumer.close()


def partition_count(settings: Settings, topic: str, within_ms: int = _ANSWERS_WITHIN_MS) -> int:
    """Return how many partitions the topic has; raises `TryLaterError` where no broker answers within so long."""
    consumer = _consumer(settings, "collector", within_ms)
    try:
        return len(_partitions(consumer, topic))
    finally:
        consumer.close()


def _partitions(consumer: KafkaConsumer, topic: str) -> set[int]:
    try:
        partitions: set[int] | None = consumer.partitions_for_topic(topic)
    except KafkaError as error:
        # Such as a broker that answers and was not seen by its controller for a while.
        raise TryLaterError(f"Kafka does not say what {topic} has ({type(error).__name__}): try again.") from error
    if not partitions:
        raise TryLaterError(f"Kafka has no topic {topic}: run 'shoplog up', which creates it.")
    return partitions


def records(settings: Settings, topic: str, start: Offsets, end: Offsets) -> Iterator[tuple[int, int, bytes]]:
    """Yield (partition, offset, value) of [start, end), without those that have no value: they only close segments."""
    wanted = {p: (start.get(p, 0), stop) for p, stop in end.items() if stop > start.get(p, 0)}
    if not wanted:
        return
    consumer = _consumer(settings, "stream")
    try:
        consumer.assign([TopicPartition(topic, partition) for partition in wanted])
        for partition, (first, _) in wanted.items():
            consumer.seek(TopicPartition(topic, partition), first)
        while wanted:
            for place, batch in consumer.poll(timeout_ms=1000).items():
                for record in batch:
                    is_wanted = place.partition in wanted and record.offset < wanted[place.partition][1]
                    if is_wanted and record.value is not None:
                        yield place.partition, record.offset, record.value
                if place.partition in wanted and consumer.position(place) >= wanted[place.partition][1]:
                    del wanted[place.partition]
                    consumer.pause(place)
    finally:
        consumer.close()
