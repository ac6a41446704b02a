"""Our side of `drift`: the streaming query with its upkeep, as many batches as the topic holds."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Callable

import polars as pl
from deltalake import DeltaTable

from bench.ours_land import drain
from bench.sides import Output, answer_runs
from jobs.streaming.prepare import open_tables, start_query
from jobs.streaming.rehearsal import rehearse
from jobs.streaming.upkeep import Upkeep
from shoplog.contracts.ledger_family import LEDGER
from shoplog.io.commits import latest_version, read_commit
from shoplog.io.kafka import topic_offsets
from shoplog.io.transactions import files_of
from shoplog.settings import Settings
from shoplog.spark import build_session
from shoplog.stack.control import Orders

_LOOK_EVERY_S = 1.0


def main() -> None:
    """Drain the topic once."""
    settings = Settings.load()
    session = build_session(settings, "bench")
    session.conf.set("spark.sql.streaming.numRecentProgressUpdates", "1000000")

    def work() -> Callable[[], Output]:
        end = topic_offsets(settings, settings.topic_raw)[1]
        tables = open_tables(session, settings, Orders("running"))
        rehearse(session, settings)
        query = start_query(tables)
        upkeep = Upkeep(tables)
        most_files, looked = 0, 0.0

        def look() -> None:
            nonlocal most_files, looked
            upkeep.tick()
            if time.monotonic() - looked > _LOOK_EVERY_S:
                looked = time.monotonic()
                most_files = max(
                    most_files, *(_files_of_a_day(DeltaTable(path)) for path in (tables.bronze, tables.gold))
                )

        drain(tables, query, end, look)
        upkeep.finish()
        with tables.lock:
            took_ms = [one["durationMs"]["triggerExecution"] for one in query.recentProgress if one["numInputRows"]]
            query.stop()
        tenth = max(1, len(took_ms) // 10)
        commits = [read_commit(tables.gold, version) for version in range(1, (latest_version(tables.gold) or 0) + 1)]
        found = {
            "batches": len(took_ms), "first_ms": statistics.median(took_ms[:tenth]),
            "last_ms": statistics.median(took_ms[-tenth:]), "most_files": most_files,
            "rewritten": sum(bool(commit.metadata.get("upkeep")) for commit in commits),
        }  # fmt: skip
        partials = pl.scan_delta(str(tables.gold)).filter(pl.col("family") == LEDGER.name)
        return lambda: {**found, "lines": partials.select(pl.col("lines").sum()).collect().item()}

    answer_runs(work)
    session.stop()


def _files_of_a_day(table: DeltaTable) -> int:
    days = Counter(tuple(file.partition_values.values()) for file in files_of(table))
    return max(days.values(), default=0)


if __name__ == "__main__":
    main()
