"""Our side of `land`: the streaming query as it runs in production, into a home without tables, until the topic is drained."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable

import polars as pl

from bench.sides import Output, answer_runs
from jobs.streaming.prepare import open_tables, start_query
from shoplog.contracts.families import TRAFFIC
from shoplog.contracts.ledger_family import LEDGER
from shoplog.io.commits import latest_version
from shoplog.io.kafka import topic_offsets
from shoplog.settings import Settings
from shoplog.spark import build_session
from shoplog.stack.control import Orders

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
        while tables.measured != end:
            if not query.isActive:
                raise RuntimeError(str(query.exception()))
            time.sleep(_POLL_S)
        with tables.lock:
            query.stop()
        batches = tables.batch_id + 1
        # Nothing of a batch may be written twice: one commit each, after the one that made the table.
        assert latest_version(tables.bronze) == latest_version(tables.gold) == batches, "two commits a batch"
        return lambda: figures(settings)

    answer_runs(work)
    session.stop()


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
