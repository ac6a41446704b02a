"""Our side of `driver`: the driver's own work on the files of many small batches, in one thread; CPU time of each."""

from __future__ import annotations

import json
import pickle
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import polars as pl
from deltalake import DeltaTable

from bench.ours_stages import everything_of, records_of_now
from jobs.streaming.fold import compact
from shoplog.contracts.families import LIVE_FAMILIES
from shoplog.contracts.model import Table
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE
from shoplog.io.data_files import DataFile, DataFiles
from shoplog.io.marks import Marks, with_fate
from shoplog.io.sinks import create_table
from shoplog.io.transactions import append_files
from shoplog.settings import Settings
from shoplog.transforms.fold import folded
from shoplog.transforms.identity import read_identity
from shoplog.transforms.measure import measured

_BATCHES = 12
_MARKS = 100_000
_TURNS = 5


def main() -> None:
    """Print what went in, the bytes that bronze and gold have of it, and the median CPU microseconds a line, file or mark."""
    settings = Settings.load()
    records = records_of_now(settings)
    rows = everything_of(settings)(read_identity(records.with_columns(topic=pl.lit("t"))))
    fated = with_fate(rows.with_columns(pl.col("ingest_time").dt.date().alias("ingest_date")), {})
    size = len(fated) // _BATCHES
    parts = [fated[at : at + size] for at in range(0, len(fated), size)]
    partials = [measured(part, LIVE_FAMILIES) for part in parts]
    turns = [_turn(settings, parts, partials) for _ in range(_TURNS)]
    medians = {name: statistics.median(turn[name] for turn in turns) for name in turns[0]}
    print(json.dumps({"lines": len(fated), "files": len(parts), "found": medians}))


def _turn(settings: Settings, parts: list[pl.DataFrame], partials: list[pl.DataFrame]) -> dict[str, float]:
    lines = sum(map(len, parts))
    with tempfile.TemporaryDirectory() as home:
        own = settings.model_copy(update={"home": Path(home)})
        bronze, gold = (_written(own, *of) for of in ((BRONZE_ACCESS_LOG, parts), (GOLD_PARTIAL_LIVE, partials)))
        folder = own.warehouse / BRONZE_ACCESS_LOG.name
        table, tiers = DeltaTable(folder), ((32 << 20, 1),)
        commit_s = _timed(lambda: append_files(table, bronze, "{}"))
        compact_s = _timed(lambda: compact(BRONZE_ACCESS_LOG, folder, table, tiers, nullcontext(), lambda: "{}"))
        compacted = sum(Path(path).stat().st_size for path in DeltaTable(folder).file_uris())
    fold_s = _timed(lambda: folded(pl.concat(partials)))
    marks: Marks = {(n % 64, "shop", f"web{n % 100}", f"access-{n}.log"): n for n in range(_MARKS)}
    return {
        "compact bronze": compact_s / lines * 1e6, "bytes of compact bronze": compacted / lines,
        "fold partials": fold_s / lines * 1e6, "bytes of fold partials": sum(file.size for file in gold) / lines,
        "commit a file": commit_s / len(bronze) * 1e6,
        "send a mark to a task": _timed(lambda: pickle.loads(pickle.dumps(marks))) / _MARKS * 1e6,
        "bytes of send a mark to a task": len(pickle.dumps(marks)) / _MARKS,
    }  # fmt: skip


def _written(settings: Settings, table: Table, parts: list[pl.DataFrame]) -> list[DataFile]:
    folder, files = create_table(settings, table.name), list[DataFile]()
    for part in parts:
        with DataFiles(table, folder) as written:
            written.write(part)
            files += written.closed()
    return files


def _timed(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


if __name__ == "__main__":
    main()
