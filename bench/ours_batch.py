"""Our side of `batch`: Spark tasks read whole files by the code that lands and measures lines; only partials go back."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import functions as F

from bench.log_lines import DAY, SITE
from bench.sides import answer_runs
from shoplog.contracts.families import FAMILIES, STATUSES, TRAFFIC
from shoplog.contracts.ledger_family import LEDGER
from shoplog.contracts.tables import GOLD_PARTIAL_LIVE
from shoplog.io.arrow import to_arrow
from shoplog.io.logfile import read_lines
from shoplog.io.marks import with_fate_by_reason
from shoplog.settings import Settings
from shoplog.sites import load_sites
from shoplog.spark import build_session
from shoplog.transforms.landing import line_parser
from shoplog.transforms.measure import measured
from shoplog.transforms.merge import merged

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_LINES_AT_ONCE = 200_000


def figures(session: SparkSession, settings: Settings, files: list[str]) -> dict[str, object]:
    """Return the compared figures, made of the partials of every family."""
    site = load_sites(settings)[SITE]
    parse = line_parser({SITE: site}, {}, {DAY.date(): b"bench"}, b"bench")
    now = datetime.now(UTC)

    def partials(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import polars as pl

        for batch in batches:
            for path in batch.column(0).to_pylist():
                for lines in read_lines(Path(path), SITE, "bench", now, lines_a_frame=_LINES_AT_ONCE):
                    rows = parse(lines.with_columns(pl.lit(None, pl.String).alias("reason")))
                    made = measured(with_fate_by_reason(rows), (*FAMILIES, LEDGER))
                    yield from to_arrow(made, GOLD_PARTIAL_LIVE)

    # Hours differ in size: as many tasks as files, so that no core waits for long.
    paths = session.createDataFrame([(path,) for path in files], "path string").repartition(len(files))
    made = paths.mapInArrow(partials, GOLD_PARTIAL_LIVE.schema_ddl).persist()
    traffic = merged(made, TRAFFIC).persist()
    hours = traffic.groupBy(F.hour("window_start").alias("hour")).agg(F.sum("requests"), F.sum("bytes_sent")).collect()
    statuses = merged(made, STATUSES).groupBy("http_status").agg(F.sum("requests")).collect()
    refused = merged(made, LEDGER).agg(F.sum("quarantined")).collect()[0][0]
    visitors = traffic.agg(F.expr("hll_sketch_estimate(hll_union_agg(visitors_sketch))")).collect()[0][0]
    traffic.unpersist()
    made.unpersist()
    return {
        "requests_per_hour": {f"{hour:02}": requests for hour, requests, _ in sorted(hours)},
        "bytes_per_hour": {f"{hour:02}": size for hour, _, size in sorted(hours)},
        "requests_per_status": {str(status): requests for status, requests in sorted(statuses)},
        "refused": refused,
        "visitors": visitors,
    }


def main() -> None:
    """Make the figures of the files named by the arguments at each run."""
    settings = Settings.load()
    session = build_session(settings, "bench")

    def work() -> Callable[[], object]:
        found = figures(session, settings, sys.argv[1:])
        return lambda: found

    answer_runs(work)
    session.stop()


if __name__ == "__main__":
    main()
