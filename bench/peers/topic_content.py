"""What a topic holds, whatever the order: how many lines, and the sum of their hashes. `python topic_content.py BROKER TOPIC`."""

import json
import sys

import polars as pl
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

broker, topic = sys.argv[1:]
consumer = Consumer(
    {"bootstrap.servers": broker, "group.id": "content", "enable.auto.commit": False, "enable.partition.eof": False}
)
partitions = consumer.list_topics(topic, timeout=30).topics[topic].partitions
places = [TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions]
expected = sum(consumer.get_watermark_offsets(place, timeout=30)[1] for place in places)
consumer.assign(places)
lines = total = 0
while lines < expected:
    values = [message.value() for message in consumer.consume(50_000, timeout=5) if not message.error()]
    # Ours carry six fields of identity before the line.
    bodies = [value.split(b"\t", 6)[6] if value.startswith(b"v1\t") else value for value in values]
    total += sum(pl.Series(bodies, dtype=pl.Binary).hash(0).to_list())
    lines += len(bodies)
consumer.close()
print(json.dumps({"lines": lines, "sum": total % 2**64}))
