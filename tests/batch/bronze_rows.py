"""Bronze rows written by hand, without Spark: a line, when it came in, and what landing made of it then."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pyarrow as pa
from deltalake import write_deltalake

from shoplog.contracts.model import Table
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, BRONZE_IMPORT_LOG
from shoplog.io.arrow import arrow_schema, to_arrow
from shoplog.settings import Settings
from shoplog.sites import load_sites
from shoplog.transforms.landing import line_parser


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def line(event_time: datetime, status: int = 200, url: str = "/", agent: str = "agent", user: str = "-") -> bytes:
    return f'203.0.113.5 - {user} [{event_time:%d/%b/%Y:%H:%M:%S} +0000] "GET {url} HTTP/1.1" {status} 10 "-" "{agent}"'.encode()


class Bronze:
    """Both bronze tables of a home; rows are landed by the real parser."""

    def __init__(self, settings: Settings, salts: dict[date, bytes] | None = None) -> None:
        self.settings, self.salts = settings, salts or {}
        self.offset = 0
        for table in (BRONZE_ACCESS_LOG, BRONZE_IMPORT_LOG):
            path = str(settings.warehouse / table.name)
            write_deltalake(path, arrow_schema(table).empty_table(), partition_by=list(table.partition_by))

    def stream(
        self, lines: list[tuple[int, bytes]], came: datetime, fate: str | None = None, file: str = "a.log"
    ) -> None:
        rows = self._landed(lines, came, file).with_columns(
            pl.lit(0, pl.Int32).alias("kafka_partition"),
            pl.int_range(self.offset, self.offset + len(lines), dtype=pl.Int64).alias("kafka_offset"),
        )
        self.offset += len(lines)
        self._append(BRONZE_ACCESS_LOG, rows.with_columns(pl.lit(fate).alias("fate")) if fate else rows)

    def bring_in(self, lines: list[tuple[int, bytes]], came: datetime, file: str = "a.log") -> None:
        self._append(BRONZE_IMPORT_LOG, self._landed(lines, came, file))

    def _landed(self, lines: list[tuple[int, bytes]], came: datetime, file: str = "a.log") -> pl.DataFrame:
        frame = pl.DataFrame(
            [(offset, len(body), body) for offset, body in lines],
            schema={"byte_offset": pl.Int64, "line_bytes": pl.Int64, "raw": pl.Binary},
            orient="row",
        ).with_columns(
            pl.lit("shop").alias("site"), pl.lit("web1").alias("host"), pl.lit(file).alias("file"),
            pl.lit(came).cast(pl.Datetime("us", "UTC")).alias("ingest_time"), pl.lit(came.date()).alias("ingest_date"),
            pl.lit(None, pl.String).alias("reason"),
        )  # fmt: skip
        fate = pl.when(pl.col("reason").is_null()).then(pl.lit("accepted")).otherwise(pl.lit("quarantined"))
        return line_parser(load_sites(self.settings), {}, self.salts, b"login key")(frame).with_columns(
            fate.alias("fate")
        )

    def _append(self, table: Table, rows: pl.DataFrame) -> None:
        path = str(self.settings.warehouse / table.name)
        batches: list[Any] = list(to_arrow(rows, table))
        write_deltalake(path, pa.Table.from_batches(batches), mode="append", partition_by=list(table.partition_by))
