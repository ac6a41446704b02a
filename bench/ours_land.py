"""Our side of `land`: the streaming query as it runs in production, into a home without tables, until the topic is drained."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import polars as pl

from bench.sides import Output, answer_runs
from jobs.streaming.batch import LiveTables
from jobs.streaming.prepare import open_tables, start_query
from shoplog.contracts.families import TRAFFIC
from shoplog.contracts.ledger_family import LEDGER
from shoplog.io.commits import latest_version
from shoplog.io.kafka import topic_offsets
from shoplog.io.offsets import Offsets
from shoplog.settings import Settings
from shoplog.spark import build_session
from shoplog.stack.control import Orders

if TYPE_CHECKING:
    from pyspark.sql.streaming import StreamingQuery

_POLL_S = 0.02


def main() -> None:
    """Drain the topic at each run."""
    settings = Settings.load()
    session = build_session(settings, "bench")

    def work() -> Callable[[], Output]:
        for folder in (settings.warehouse, settings.checkpoint):
            shutil.rmtree(folder, ignore_errors=True)
        end = topic_offsets(settings, settings.topic_raw)[1]
        tables = open_tables(session, settings, Orders("running"))
        query = start_query(tables)
        drain(tables, query, end)
        with tables.lock:
            query.stop()
        batches = tables.batch_id + 1
        # Nothing of a batch may be written twice: one commit each, after the one that made the table.
        assert latest_version(tables.bronze) == latest_version(tables.gold) == batches, "two commits a batch"
        return lambda: figures(settings)

    answer_runs(work)
    session.stop()


def drain(
    tables: LiveTables, query: StreamingQuery, end: Offsets, meanwhile: Callable[[], object] = lambda: None
) -> None:
    """Return once every record before `end` is in the figures; raises `RuntimeError` where the query ends before."""
    while tables.measured != end:
        if not query.isActive:
            raise RuntimeError(str(query.exception()))
        meanwhile()
        time.sleep(_POLL_S)


def figures(settings: Settings) -> Output:
    """Return lines, refused lines, and requests and bytes of each minute, of the live partials."""
    partials = pl.scan_delta(str(settings.warehouse / "gold_partial_live"))
    minutes = partials.filter(pl.col("family") == TRAFFIC.name).group_by("window_start").agg(
        pl.col("requests", "bytes_sent").sum()
    ).sort("window_start").collect()  # fmt: skip
    ledger = partials.filter(pl.col("family") == LEDGER.name).select(pl.col("lines", "quarantined").sum()).collect()
    return {
        "lines": ledger["lines"].item(),
        "refused": ledger["quarantined"].item(),
        "minutes": {f"{start:%Y-%m-%d %H:%M}": [requests, size] for start, requests, size in minutes.iter_rows()},
    }


if __name__ == "__main__":
    main()
