"""What a Python team writes without Spark: confluent-kafka, polars and deltalake in one process.

`python land_by_hand.py OPTIONS TOPIC HOME`: at each line read, the topic is drained into `HOME/by-hand`.
"""

import json
import shutil
import sys
from pathlib import Path

import polars as pl

from bench.peers.combined import IDENTITY, NAMES, PATTERN
from bench.peers.whole_topic import values_of

BATCH = 200_000


def parsed(values: list[bytes]) -> pl.DataFrame:
    """Return the lines of records with their fields; `status` is null where a line does not read."""
    text = pl.DataFrame({"value": pl.Series(values, dtype=pl.Binary).cast(pl.String)})
    parts = text.select(
        pl.col("value").str.splitn("\t", 7).struct.rename_fields([*IDENTITY, "line"]).alias("i")
    ).unnest("i")
    fields = pl.col("line").str.extract_groups(PATTERN).struct.rename_fields(NAMES).alias("f")
    return parts.with_columns(fields).unnest("f").with_columns(
        pl.col("byte_offset", "line_bytes").cast(pl.Int64),
        pl.col("time").str.to_datetime("%d/%b/%Y:%H:%M:%S %z", strict=False, time_unit="us", time_zone="UTC"),
        pl.col("status").cast(pl.Int32),
        pl.col("bytes_sent").replace("-", "0").cast(pl.Int64),
    )  # fmt: skip


def drain(broker: str, topic: str, home: Path) -> None:
    """Write silver, quarantine and minutes of every record of the topic."""
    options = {"fetch.message.max.bytes": 16 << 20, "queued.max.messages.kbytes": 262_144}
    for values in values_of(broker, topic, BATCH, **options):
        rows = parsed(values)
        read = rows.filter(pl.col("status").is_not_null())
        read.write_delta(home / "silver", mode="append")
        refused = rows.filter(pl.col("status").is_null())
        refused.select(*IDENTITY, "line").write_delta(home / "quarantine", mode="append")
        minutes = read.group_by("site", pl.col("time").dt.truncate("1m").alias("minute")).agg(
            pl.len().alias("requests"), pl.col("bytes_sent").sum(), pl.col("address").n_unique().alias("addresses")
        )
        minutes.write_delta(home / "minutes", mode="append")


def figures(home: Path) -> dict[str, object]:
    """Return lines, refused lines, and requests and bytes of each minute."""
    minutes = pl.scan_delta(str(home / "minutes")).group_by("minute").agg(pl.col("requests", "bytes_sent").sum())
    read = pl.scan_delta(str(home / "silver")).select(pl.len()).collect().item()
    refused = pl.scan_delta(str(home / "quarantine")).select(pl.len()).collect().item()
    rows = minutes.sort("minute").collect().iter_rows()
    return {
        "lines": read + refused,
        "refused": refused,
        "minutes": {f"{start:%Y-%m-%d %H:%M}": [requests, size] for start, requests, size in rows},
    }


broker, topic, folder = sys.argv[1:]
for _ in sys.stdin:
    home = Path(folder) / "by-hand"
    shutil.rmtree(home, ignore_errors=True)
    drain(broker, topic, home)
    print("done", flush=True)
    print("found", json.dumps(figures(home)), flush=True)
