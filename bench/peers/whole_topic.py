"""Every record of a topic as it is now, by confluent-kafka, for the peers that read one."""

import json
from pathlib import Path

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition


def values_of(broker, topic, at_once, **options):
    """Yield lists of at most `at_once` values until all that the topic holds now were given; `broker` is a file of options."""
    login = json.loads(Path(broker).read_text(encoding="ascii"))
    consumer = Consumer({**login, "group.id": "bench", "enable.auto.commit": False, **options})
    partitions = consumer.list_topics(topic, timeout=30).topics[topic].partitions
    places = [TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions]
    left = sum(consumer.get_watermark_offsets(place, timeout=30)[1] for place in places)
    consumer.assign(places)
    while left:
        values, wanted = [], min(at_once, left)
        while len(values) < wanted:
            values += [m.value() for m in consumer.consume(wanted - len(values), timeout=1) if not m.error()]
        left -= wanted
        yield values
    consumer.close()
