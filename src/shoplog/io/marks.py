"""De-duplication without a watermark: per (Kafka partition, file) byte offsets only rise, except for re-sends."""

from __future__ import annotations

import polars as pl

from shoplog.contracts.ledger_family import LEDGER

FileKey = tuple[str, str, str]  # site, host, file
Marks = dict[tuple[int, str, str, str], int]  # Kafka partition, site, host, file -> highest byte offset seen
_GROUP = ["kafka_partition", "site", "host", "file"]


def marks_of(partials: pl.LazyFrame, known: Marks | None = None) -> Marks:
    """Return the highest byte offset per Kafka partition and file in rows of `gold_partial_live`, on top of `known` marks."""
    ledger = partials.filter(pl.col("family") == LEDGER.name)
    raised = dict(known or {})
    for *key, highest in ledger.group_by(_GROUP).agg(pl.col("highest_byte_offset").max()).collect().iter_rows():
        place = (key[0], key[1], key[2], key[3])
        raised[place] = max(raised.get(place, -1), highest)
    return raised


def with_fate(rows: pl.DataFrame, marks: Marks) -> pl.DataFrame:
    """Return rows with `fate`; `marks` is raised in place so that the next rows of the same task go on from it.

    A row at or below the highest offset of its (partition, file) is a re-send: an agent sends a line again to the partition
    it went to first, however many the topic has by then (stack/partitions.py).
    """
    files = rows.select(_GROUP).unique()
    floors = files.with_columns(pl.Series("_floor", [marks.get(key, -1) for key in files.iter_rows()], pl.Int64))
    floored = rows.join(floors, on=_GROUP, how="left", maintain_order="left")
    before = pl.col("byte_offset").cum_max().shift(1).over(_GROUP).fill_null(-1)
    again = pl.col("byte_offset") <= pl.max_horizontal(before, "_floor")
    fated = floored.with_columns(
        pl.when(again)
        .then(pl.lit("duplicate"))
        .when(pl.col("reason").is_not_null())
        .then(pl.lit("quarantined"))
        .otherwise(pl.lit("accepted"))
        .alias("fate")
    )
    for *key, highest in fated.group_by(_GROUP).agg(pl.col("byte_offset").max()).iter_rows():
        place = (key[0], key[1], key[2], key[3])
        marks[place] = max(marks.get(place, -1), highest)
    return fated.drop("_floor")


def with_fate_by_reason(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows with `fate` where none of them can be a re-send: a reason alone decides."""
    is_good = pl.col("reason").is_null()
    return rows.with_columns(pl.when(is_good).then(pl.lit("accepted")).otherwise(pl.lit("quarantined")).alias("fate"))
