"""Which partitions of bronze hold a day: from event dates to ingest dates, derived from bronze each time it is asked."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

_FILE = ("site", "host", "file")


def ingest_dates(tables: dict[Path, int], day: date) -> list[date]:
    """Return the UTC days on which rows came in that decide on `day`, ascending; `tables` are bronze tables and versions.

    These are the day itself (lines refused on it), each day on which a line of this event date came in, and each earlier
    one on which a line of one of these files was refused as `future`: that row came first, and another row of the same
    line may since have landed with this event date. Only narrow columns are read.
    """
    rows = pl.concat(
        pl.scan_delta(str(table), version=version).select(*_FILE, "ingest_date", "event_date", "reason")
        for table, version in tables.items()
    )
    of_day = (pl.col("event_date") == day).fill_null(False)
    too_early = (pl.col("reason") == "future") & (pl.col("ingest_date") <= day)
    found = (
        rows.filter(of_day | too_early)
        .select(*_FILE, "ingest_date", of_day.alias("of_day"))
        .unique()
        .collect(engine="streaming")
    )
    landed = found.filter("of_day")
    refused = found.filter(~pl.col("of_day")).join(landed, on=_FILE, how="semi")
    return sorted({day, *landed["ingest_date"], *refused["ingest_date"]})
