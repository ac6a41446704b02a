"""What a topic holds, whatever the order: how many lines, and the sum of their hashes. `python topic_content.py OPTIONS TOPIC`."""

import json
import sys

import polars as pl

from bench.peers.whole_topic import values_of

lines = total = 0
for values in values_of(*sys.argv[1:], at_once=50_000):
    # Ours carry six fields of identity before the line.
    bodies = [value.split(b"\t", 6)[6] if value.startswith(b"v1\t") else value for value in values]
    total += sum(pl.Series(bodies, dtype=pl.Binary).hash(0).to_list())
    lines += len(bodies)
print(json.dumps({"lines": lines, "sum": total % 2**64}))
