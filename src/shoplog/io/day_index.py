"""Which partitions of bronze hold given days: from event dates to ingest dates, derived from bronze each time it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl

_FILE = ("site", "host", "file")


def ingest_dates(tables: dict[Path, int], days: Sequence[date]) -> list[date]:
    """Return the UTC days on which rows came in that decide on `days`, ascending; `tables` are bronze tables and versions.

    These are the days themselves (lines refused on them), each day on which a line of these event dates came in, and each
    earlier one on which a line of one of these files was refused as `future`: that row came first, and another row of the
    same line may since have landed with its event date. Only narrow columns are read.
    """
    rows = pl.concat(
        pl.scan_delta(str(table), version=version).select(*_FILE, "ingest_date", "event_date", "reason")
        for table, version in tables.items()
    )
    of_day = pl.col("event_date").is_in(list(days)).fill_null(False)
    too_early = (pl.col("reason") == "future") & (pl.col("ingest_date") <= max(days))
    found = (
        rows.filter(of_day | too_early)
        .select(*_FILE, "ingest_date", of_day.alias("of_day"))
        .unique()
        .collect(engine="streaming")
    )
    landed = found.filter("of_day")
    refused = found.filter(~pl.col("of_day")).join(landed, on=_FILE, how="semi")
    return sorted({*days, *landed["ingest_date"], *refused["ingest_date"]})
