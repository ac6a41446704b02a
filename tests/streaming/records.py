"""Kafka records and Spark's offset log as a test writes them by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from jobs.streaming.batch import LiveTables
from shoplog.io.offsets import START_FILE
from shoplog.io.sinks import create_table
from shoplog.settings import Settings
from shoplog.sites import load_sites

# Yesterday: its salt is alive, so that visitors have ids.
YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)
NOON = datetime(YESTERDAY.year, YESTERDAY.month, YESTERDAY.day, 12, tzinfo=UTC)
# A person's: what bots ask for stands apart.
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SCHEMA = "value binary, partition int, offset bigint, topic string, timestamp timestamp"


def line(address: str, second: int = 0, path: str = "/", status: int = 200) -> bytes:
    return f'{address} - - [{NOON:%d/%b/%Y}:11:00:{second:02d} +0000] "GET {path} HTTP/1.1" {status} 100 "-" "{AGENT}"'.encode()


def value(
    body: bytes, byte_offset: int, file: str = "access-20261120-11.log", site: str = "shop", size: int | None = None
) -> bytes:
    """Return a record; `size` is the line's where more of it was cut off."""
    return f"v1\t{site}\tweb1\t{file}\t{byte_offset}\t{size or len(body)}\t".encode() + body


class Batches:
    """Feeds batches to the live tables as Spark would: first the offset log, then the batch."""

    def __init__(self, session: Any, settings: Settings, start: dict[int, int] | None = None) -> None:
        self.session, self.settings = session, settings
        self.end = start or {0: 0, 1: 0}
        self.ingest_time = NOON
        (settings.checkpoint / "offsets").mkdir(parents=True)
        (settings.checkpoint / START_FILE).write_text(json.dumps(self.end))
        for table in ("bronze_access_log", "gold_partial_live", "gold_anomaly_live"):
            create_table(settings, table)
        self.tables = self.open()
        self.batch_id = -1

    def open(self) -> LiveTables:
        return LiveTables(self.session, self.settings, load_sites(self.settings))

    def log(self, values: dict[int, list[bytes]]) -> Any:
        """Write the next offset log entry and return the batch's records."""
        self.batch_id += 1
        rows = []
        for partition, batch in sorted(values.items()):
            first = self.end.get(partition, 0)
            rows += [(v, partition, first + i, self.settings.topic_raw, self.ingest_time) for i, v in enumerate(batch)]
            self.end = {**self.end, partition: first + len(batch)}
        ends = json.dumps({self.settings.topic_raw: self.end})
        (self.settings.checkpoint / "offsets" / str(self.batch_id)).write_text(f"v1\n{{}}\n{ends}")
        return self.session.createDataFrame(rows, SCHEMA).coalesce(1)

    def send(self, values: dict[int, list[bytes]]) -> None:
        self.tables.write_batch(self.log(values), self.batch_id)

    def bronze(self) -> Any:
        return self.session.read.format("delta").load(str(self.tables.bronze))

    def gold(self) -> Any:
        return self.session.read.format("delta").load(str(self.tables.gold))

    def fates(self) -> dict[str, int]:
        return {row["fate"]: row["count"] for row in self.bronze().groupBy("fate").count().collect()}

    def requests(self) -> int:
        return self.gold().where("family = 'traffic'").selectExpr("coalesce(sum(requests), 0) n").first()["n"]
