"""Days of traffic as the minutes that detectors read, made by the parts that the chain is made of, without Spark."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import polars as pl

from shoplog.contracts.anomalies import COUNTS
from shoplog.contracts.families import TRAFFIC
from shoplog.contracts.visitor_minutes import VISITOR_MINUTES
from shoplog.io.logfile import read_lines
from shoplog.sites import Site
from shoplog.traffic import PlannedIncident, TrafficPlan, generate
from shoplog.transforms.landing import line_parser
from shoplog.transforms.measure import measured
from shoplog.transforms.visitors import with_visitor_ids

END = datetime(2026, 11, 20, tzinfo=UTC)
SALTS = {END.date() - timedelta(days=n): b"salt" for n in range(-1, 4)}


class Minutes(NamedTuple):
    """What the stream has of a day."""

    traffic: pl.DataFrame
    visitors: pl.DataFrame


def generated(folder: Path, site: Site, lines: int, seed: int, *incidents: PlannedIncident, days: int = 1) -> Minutes:
    """Return the minutes of generated days that end at `END`."""
    start = END - timedelta(days=days)
    plan = TrafficPlan(site.name, folder / "logs", start, END, site.log_format, seed, lines, incidents=incidents)
    generate(plan)
    return minutes_of(sorted((folder / "logs").glob("*.log")), site)


def minutes_of(paths: Iterable[Path], site: Site, salts: dict[date, bytes] = SALTS) -> Minutes:
    """Return the minutes of log files."""
    parse = line_parser({site.name: site}, {}, salts)
    parts = [
        measured(parse(lines).with_columns(
            pl.when(pl.col("reason").is_null()).then(pl.lit("accepted")).alias("fate")), [TRAFFIC, VISITOR_MINUTES])
        for path in paths
        for lines in read_lines(path, site.name, "web1", datetime.now(UTC))
    ]  # fmt: skip
    rows = pl.concat(parts)
    traffic = rows.filter(pl.col("family") == TRAFFIC.name)
    return Minutes(
        traffic.group_by("site", "window_start").agg(pl.col(COUNTS).sum()),
        rows.filter(pl.col("family") == VISITOR_MINUTES.name),
    )


def address_id(address: str, site: str) -> str:
    """Return the id that an address has on the last generated day."""
    row = {"event_date": END.date() - timedelta(days=1), "site": site, "address": address, "user_agent": None}
    made = with_visitor_ids(pl.DataFrame([row], schema_overrides={"user_agent": pl.String}), SALTS)
    return str(made["address_id"][0])
