"""A home as the stream, Flume, the census and imports leave it, written by hand: bronze without Spark, topics as lists."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pyarrow as pa
from deltalake import CommitProperties, write_deltalake

from shoplog.contracts.model import Table
from shoplog.contracts.proof import LEDGER_CENSUS_IMPORT, LEDGER_CENSUS_LIVE
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, BRONZE_IMPORT_LOG, GOLD_PARTIAL_LIVE, TABLES
from shoplog.io.arrow import to_arrow
from shoplog.io.offsets import Offsets
from shoplog.ledger.account import FileRow, file_rows
from shoplog.settings import Settings
from shoplog.sites import load_sites

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
FILE = "access-20261120-11.log"
Line = tuple[int, bytes]  # byte offset, the line as it came


def content_lines(content: bytes) -> list[Line]:
    """The whole lines of a file as TAILDIR and the interceptor send them."""
    found, offset = [], 0
    for line in content.split(b"\n")[:-1]:
        found.append((offset, line.removesuffix(b"\r").removesuffix(b"\r")))
        offset += len(line) + 1
    return found


class Home:
    """Tables below `settings.warehouse` and the two topics; each call is one commit or one record."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.topics: dict[str, list[bytes]] = {settings.topic_raw: [], settings.topic_census: []}
        self.landed = 0

    # What stands in for the broker.
    def topic_offsets(self, _: Settings, topic: str) -> tuple[Offsets, Offsets]:
        return {0: 0}, {0: len(self.topics[topic])}

    def records(self, _: Settings, topic: str, start: Offsets, end: Offsets) -> Iterator[tuple[int, int, bytes]]:
        for offset in range(start.get(0, 0), end.get(0, 0)):
            yield 0, offset, self.topics[topic][offset]

    def send(self, lines: list[Line], file: str = FILE) -> None:
        """Lines into Kafka, as the interceptor writes them."""
        for offset, body in lines:
            self.topics[self.settings.topic_raw].append(
                b"v1\tshop\tweb1\t%s\t%d\t%d\t%s" % (file.encode(), offset, len(body), body)
            )

    def land(self, lines: list[Line], fate: str = "accepted", file: str = FILE, **more: Any) -> None:
        """Lines sent and landed in bronze."""
        self.send(lines, file)
        start = self.landed
        self.landed = len(self.topics[self.settings.topic_raw])
        kafka = {"kafka_start": {"0": start}, "kafka_end": {"0": self.landed}}
        rows = self.rows(lines, fate, file, **more).with_columns(
            pl.lit(0, pl.Int32).alias("kafka_partition"), pl.int_range(start, self.landed).alias("kafka_offset")
        )
        self.append(BRONZE_ACCESS_LOG, rows, json.dumps(kafka))

    def bring_in(self, lines: list[Line], fate: str = "accepted", file: str = FILE) -> None:
        """Lines imported."""
        self.append(BRONZE_IMPORT_LOG, self.rows(lines, fate, file))

    def rows(self, lines: list[Line], fate: str, file: str, **more: Any) -> pl.DataFrame:
        frame = pl.DataFrame(
            [(offset, len(body), body) for offset, body in lines],
            schema={"byte_offset": pl.Int64, "line_bytes": pl.Int64, "raw": pl.Binary},
            orient="row",
        )
        values = {"site": "shop", "host": "web1", "file": file, "fate": fate, "ingest_time": NOON, "event_time": NOON}
        days = {"ingest_date": NOON.date(), "event_date": NOON.date()}
        return frame.with_columns(pl.lit(value).alias(name) for name, value in {**values, **days, **more}.items())

    def append(self, table: Table, rows: pl.DataFrame, metadata: str | None = None) -> None:
        arrow = pa.Table.from_batches(list(to_arrow(rows, TABLES[table.name])))
        properties = CommitProperties(custom_metadata={"userMetadata": metadata} if metadata else {})
        write_deltalake(
            str(self.settings.warehouse / table.name),
            arrow,
            mode="append",
            partition_by=list(table.partition_by) or None,
            commit_properties=properties,
        )

    def measure(self, requests: int) -> None:
        """The partials of what bronze holds."""
        rows = pl.DataFrame(
            {
                "family": ["traffic"],
                "site": ["shop"],
                "window_start": [NOON],
                "window_date": [NOON.date()],
                "requests": [requests],
            }
        )
        offsets = json.dumps({"kafka_start": {"0": 0}, "kafka_end": {"0": self.landed}})
        self.append(GOLD_PARTIAL_LIVE, rows, offsets)

    def count(self, content: bytes, file: str = FILE, landed: bool = False, imported: bool = False) -> None:
        """A census of a file, in its topic, or in its table too, or as an import takes it."""
        whole = content[: content.rfind(b"\n") + 1]
        said = {
            "site": "shop",
            "host": "web1",
            "file": file,
            "inode": 7,
            "size": len(whole),
            "lines": whole.count(b"\n"),
        }
        rows = pl.DataFrame([{**said, "seen_at": NOON}])
        if imported:
            self.append(LEDGER_CENSUS_IMPORT, rows)
            return
        topic = self.topics[self.settings.topic_census]
        topic.append(json.dumps({**said, "seen_at": NOON.isoformat()}).encode())
        if landed:
            offsets = json.dumps({"kafka_start": {"0": 0}, "kafka_end": {"0": len(topic)}})
            self.append(LEDGER_CENSUS_LIVE, rows, offsets)

    def write(self, content: bytes, position: int, file: str = FILE) -> None:
        """A log file on this host that TAILDIR has read up to a position."""
        path = load_sites(self.settings)["shop"].log_dir / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.settings.taildir_position.parent.mkdir(parents=True, exist_ok=True)
        self.settings.taildir_position.write_text(json.dumps([{"inode": 7, "pos": position, "file": str(path)}]))

    def account(self) -> list[FileRow]:
        return file_rows(self.settings, load_sites(self.settings))
