"""What an anomaly rests on: the dimension that changed most, and a line of the address."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from shoplog.contracts.columns import IDENTITY_NAMES

_LINE = IDENTITY_NAMES[1:]


def with_contributors(anomalies: pl.DataFrame, counts: pl.LazyFrame) -> pl.DataFrame:
    """Return series' anomalies with the value in `why` whose requests changed most from the hour before; others as they are.

    `counts` have site, dimension, value, window_start and requests of the hours of the anomalies and those before; they
    are read only where there is a series' anomaly.
    """
    if not (anomalies["kind"] == "series").any():
        return anomalies
    known, texts = counts.collect(), []
    for site, kind, start, why in anomalies.select("site", "kind", "window_start", "why").iter_rows():
        most = None if kind != "series" else _changed_most(known.filter(pl.col("site") == site), start)
        texts.append(why if most is None else f"{why}; changed most: {most}")
    return anomalies.with_columns(pl.Series("why", texts, pl.String))


def _changed_most(counts: pl.DataFrame, start: object) -> str | None:
    hour = pl.lit(start).dt.truncate("1h")
    inside = (pl.col("window_start") >= hour) & (pl.col("window_start") < hour + timedelta(hours=1))
    before = (pl.col("window_start") >= hour - timedelta(hours=1)) & (pl.col("window_start") < hour)
    sums = counts.group_by("dimension", "value").agg(
        pl.col("requests").filter(inside).sum().alias("now"), pl.col("requests").filter(before).sum().alias("then")
    )
    most = sums.with_columns((pl.col("now") - pl.col("then")).abs().alias("change")).filter(pl.col("change") > 0)
    for dimension, value, now, then, _ in most.sort(
        "change", "dimension", "value", descending=[True, False, False]
    ).iter_rows():
        return f"{dimension} {value} ({now} requests in this hour, {then} in the one before)"
    return None


def with_examples(anomalies: pl.DataFrame, lines: pl.LazyFrame) -> pl.DataFrame:
    """Return anomalies with the identity of the first line of their subject: `host`, `file`, `byte_offset`.

    `lines` have identity, address_id and event_time of at least the subjects' days.
    """
    subjects = anomalies["subject"].drop_nulls().unique()
    columns = [name for name in anomalies.columns if name not in _LINE]
    if subjects.is_empty():
        empty = (pl.lit(None, pl.Int64 if name == "byte_offset" else pl.String).alias(name) for name in _LINE)
        return anomalies.select(*columns, *empty)
    theirs = lines.filter(pl.col("address_id").is_in(subjects.implode())).select(
        "site", "address_id", "event_time", *_LINE
    )
    first = theirs.collect().sort("event_time", *_LINE).unique(["site", "address_id"], keep="first").drop("event_time")
    return anomalies.select(columns).join(
        first, left_on=["site", "subject"], right_on=["site", "address_id"], how="left", maintain_order="left"
    )
