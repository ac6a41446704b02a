"""Ledger A and B, live: lines of each file from byte to fate, and accepted lines of each window against gold."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import polars as pl

from shoplog.contracts.families import TRAFFIC
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE
from shoplog.io.commits import newest_commit_with_metadata
from shoplog.io.gone import retained_days
from shoplog.io.offsets import KafkaRange
from shoplog.io.versions import version_at
from shoplog.ledger.census import census
from shoplog.ledger.file_account import FileRow, examined, settled
from shoplog.ledger.in_flight import Agent, unlanded_lines
from shoplog.ledger.landed import landed_files, landed_lines, new_lines
from shoplog.settings import Settings
from shoplog.sites import Site


@dataclass(frozen=True, slots=True)
class WindowRow:
    """B: one site and minute."""

    site: str
    window_start: str
    accepted: int
    gold: int
    residue: int


def file_rows(settings: Settings, sites: dict[str, Site]) -> list[FileRow]:
    """Return A for every file that a census, the stream or an import has seen.

    What is read first may only be older: a line that moves on meanwhile is then met twice and known by its identity,
    never missed.
    """
    counted, agent, unlanded = census(settings), Agent(settings, sites), unlanded_lines(settings)
    lines = landed_lines(settings)
    landed = landed_files(lines)
    known = counted.keys() | landed.keys() | unlanded.keys()
    rows = {key: settled(key, landed.get(key), counted.get(key)) for key in known - unlanded.keys()}
    open_files = [key for key in known if rows.get(key) is None]
    new = new_lines(lines, [key for key in open_files if key in landed])
    for key in open_files:
        rows[key] = examined(key, landed.get(key), new.get(key), unlanded.get(key), counted.get(key), agent)
    return [row for _, row in sorted(rows.items()) if row is not None]


def window_rows(settings: Settings) -> list[WindowRow]:
    """Return B for every minute: bronze's rows on one side, gold's partials on the other, both at gold's offsets."""
    bronze, gold = (settings.warehouse / t.name for t in (BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE))
    measured = newest_commit_with_metadata(gold) if gold.exists() else None
    if measured is None:
        return []
    # Bronze may run ahead of gold by a batch, which is in flight and not missing. Where it never stood at gold's offsets
    # it is compared as it is, and the difference shows.
    at = KafkaRange.from_metadata(measured.metadata).end
    version = version_at(bronze, at)
    partials = pl.scan_delta(str(gold), version=version_at(gold, at)).filter(pl.col("family") == TRAFFIC.name)
    accepted = pl.scan_delta(str(bronze), version=version).filter(pl.col("fate") == "accepted")
    key = ["site", "window_start"]
    counted = partials.group_by(key).agg(pl.col("requests").sum().alias("gold"))
    # Only these columns are read of bronze's many.
    minutes = accepted.select("site", pl.col("event_time").dt.truncate("1m").alias("window_start"))
    # Of a day some of whose lines are gone for their age there is nothing left to compare.
    whole = ~pl.col("window_start").dt.date().is_in(list(retained_days(settings)))
    minutes, counted = minutes.filter(whole), counted.filter(whole)
    lines = minutes.group_by(key).agg(pl.len().cast(pl.Int64).alias("accepted"))
    left, right = (side.collect(engine="streaming") for side in (lines, counted))
    both = left.join(right, on=key, how="full", coalesce=True).fill_null(0).sort(key)
    return [WindowRow(site, at.isoformat(), n, gold_n, n - gold_n) for site, at, n, gold_n in both.iter_rows()]


def as_json(row: FileRow | WindowRow, **more: str) -> str:
    """Return the row as one JSON object, with more beside its own fields."""
    return json.dumps({**asdict(row), **more})
