"""Our side of `batch`: Spark tasks read whole files by the code that lands and measures lines, and write gold's tables."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from bench.gold_figures import gold_figures
from bench.log_lines import DAY, SITE
from bench.sides import Output, answer_runs
from jobs.batch.archives import Archive, archives
from jobs.batch.gold import measured_frames, replace_figures
from jobs.batch.over_files import over_files
from shoplog.contracts.families import FAMILIES
from shoplog.contracts.ledger_family import LEDGER
from shoplog.contracts.tables import GOLD_PARTIAL_LIVE
from shoplog.io.file_range import FileRange
from shoplog.io.logfile import read_lines
from shoplog.io.marks import with_fate_by_reason
from shoplog.io.sinks import create_table
from shoplog.settings import Settings
from shoplog.sites import load_sites
from shoplog.spark import build_session
from shoplog.transforms.landing import line_parser

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_LINES_AT_ONCE = 200_000


def run(session: SparkSession, settings: Settings, files: Sequence[Archive]) -> int:
    """Write the day's figures of every family; return how many lines were refused."""
    site = load_sites(settings)[SITE]
    parse = line_parser({SITE: site}, {}, {DAY.date(): b"bench"}, b"bench")
    now = datetime.now(UTC)

    def measure(some: Sequence[Archive]) -> Iterator[pa.RecordBatch]:
        frames = (
            with_fate_by_reason(parse(lines))
            for file in some
            for one in file.asked
            for lines in read_lines(one.path, SITE, "bench", now, lines_a_frame=_LINES_AT_ONCE)
        )
        return measured_frames(frames, (*FAMILIES, LEDGER), GOLD_PARTIAL_LIVE)

    partials = over_files(session, files, measure, GOLD_PARTIAL_LIVE.schema_ddl).persist()
    for family in FAMILIES:
        create_table(settings, family.table)
    replace_figures(settings, partials, FAMILIES, [DAY.date()])
    (refused,) = partials.where(f"family = '{LEDGER.name}'").selectExpr("sum(quarantined)").collect()[0]
    partials.unpersist()
    return int(refused)


def main() -> None:
    """Make the figures of the files named by the arguments at each run."""
    settings = Settings.load()
    session = build_session(settings, "bench")
    files = archives([FileRange(Path(path)) for path in sys.argv[1:]])

    def work() -> Callable[[], Output]:
        shutil.rmtree(settings.warehouse, ignore_errors=True)
        refused = run(session, settings, files)
        return lambda: {**gold_figures(settings), "refused": refused}

    answer_runs(work)
    session.stop()


if __name__ == "__main__":
    main()
