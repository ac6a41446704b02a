"""Our side of `stages`: what a Spark task does to a batch of records, step by step, in one thread; CPU time of each."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from bench.log_lines import SITE, lines_of_now
from shoplog.contracts.families import LIVE_FAMILIES
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE
from shoplog.io.arrow import to_arrow
from shoplog.io.data_files import DataFiles
from shoplog.io.marks import with_fate
from shoplog.rules import read_catalogues
from shoplog.settings import Settings
from shoplog.sites import load_sites
from shoplog.transforms.formats import compile_format
from shoplog.transforms.identity import read_identity
from shoplog.transforms.landing import line_parser, readings_of
from shoplog.transforms.measure import measured
from shoplog.transforms.parse import parse_lines

_RATE, _SECONDS = 20_000, 3
_TURNS = 9


def main() -> None:
    """Print the median CPU microseconds a line of each stage, and of the least that anybody would have to do for it."""
    settings = Settings.load()
    records = records_of_now(settings)
    turns = [_turn(settings, records) for _ in range(_TURNS)]
    medians = {name: statistics.median(turn[name] for turn in turns) for name in turns[0]}
    print(json.dumps({"lines": len(records), "us": {name: cpu / len(records) * 1e6 for name, cpu in medians.items()}}))


def records_of_now(settings: Settings) -> pl.DataFrame:
    """Return Kafka records of some seconds' lines, as a task has them."""
    rows: list[tuple[bytes, int, int, datetime]] = []
    now, at = datetime.now(UTC), 0
    for name, lines in lines_of_now(settings, _RATE, _SECONDS):
        for line in lines:
            value = b"v1\t%s\tbench\t%s\t%d\t%d\t%s" % (SITE.encode(), name.encode(), at, len(line), line)
            rows.append((value, 0, len(rows), now))
            at += len(line) + 1
    schema = {"value": pl.Binary, "kafka_partition": pl.Int32, "kafka_offset": pl.Int64}
    return pl.DataFrame(rows, {**schema, "ingest_time": pl.Datetime("us", "UTC")}, orient="row")


def everything_of(settings: Settings) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Return what a task does to lines that have their identity, up to their fate."""
    sites = load_sites(settings)
    salts = {datetime.now(UTC).date(): b"bench"}
    return line_parser(sites, read_catalogues({SITE: sites[SITE].catalogue}), salts, b"bench")


def _turn(settings: Settings, records: pl.DataFrame) -> dict[str, float]:
    sites = load_sites(settings)
    everything = everything_of(settings)
    cpu: dict[str, float] = {}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        began = time.process_time()
        made = work()
        cpu[name] = time.process_time() - began
        return made

    lines = timed("identity", lambda: read_identity(records.with_columns(topic=pl.lit("t"))))
    timed("parse", lambda: parse_lines(lines, readings_of(sites)))
    rows = timed("parse and enrich", lambda: everything(lines))
    rows = rows.with_columns(pl.col("ingest_time").dt.date().alias("ingest_date"))
    fated = timed("fate", lambda: with_fate(rows, {}))
    partials = timed("measure", lambda: measured(fated, LIVE_FAMILIES))
    text = lines["raw"].cast(pl.String)
    pattern = compile_format(sites[SITE].log_format).pattern
    timed("regex alone", lambda: text.str.extract_groups(pattern))
    timed("one figure alone", lambda: fated.group_by(pl.col("event_time").dt.truncate("1m")).agg(pl.len()))
    with tempfile.TemporaryDirectory() as folder:
        timed("write bronze", lambda: _write(BRONZE_ACCESS_LOG, Path(folder) / "bronze", fated))
        timed("write partials", lambda: _write(GOLD_PARTIAL_LIVE, Path(folder) / "gold", partials))
        table = pa.Table.from_batches(list(to_arrow(fated, BRONZE_ACCESS_LOG)))
        timed("parquet alone", lambda: pq.write_table(table, Path(folder) / "alone.parquet", compression="none"))
    return cpu


def _write(table: Any, folder: Path, rows: pl.DataFrame) -> None:
    with DataFiles(table, folder) as files:
        files.write(rows)
        files.closed()


if __name__ == "__main__":
    main()
