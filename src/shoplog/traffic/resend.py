"""Sends lines again as an agent does after a kill: the same records into the same partitions, how many is known."""

from __future__ import annotations

from dataclasses import dataclass

from kafka import KafkaProducer

from shoplog.io.kafka import records, topic_offsets
from shoplog.io.kafka_users import python_options
from shoplog.settings import Settings
from shoplog.stack.kafka import MAX_MESSAGE_BYTES


@dataclass(frozen=True, slots=True)
class Resent:
    """What the topic held before, and what was sent again; `copies` are records whose identity came before."""

    records: int
    copies: int
    resent: int


def resend(settings: Settings, every: int) -> Resent:
    """Send every n-th line of the raw topic once more, and return what the topic's own records say."""
    beginning, end = topic_offsets(settings, settings.topic_raw)
    # A line that was cut at a megabyte is larger than a producer sends by default.
    producer = KafkaProducer(**python_options(settings, "collector"), acks="all", max_request_size=MAX_MESSAGE_BYTES)
    seen: set[bytes] = set()
    total = resent = 0
    try:
        for partition, _, value in records(settings, settings.topic_raw, beginning, end):
            total += 1
            # The fields before the line's size are its identity.
            identity = b"\t".join(value.split(b"\t", 5)[:5])
            if identity in seen:
                continue
            seen.add(identity)
            if len(seen) % every == 0:
                producer.send(settings.topic_raw, value=value, partition=partition)
                resent += 1
        producer.flush(60)
    finally:
        producer.close()
    return Resent(total, total - len(seen), resent)
