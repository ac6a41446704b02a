"""Spark rows -> partials: the figures' definition run over each task's own rows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from shoplog.contracts.families import FAMILIES
from shoplog.contracts.model import Family, Table
from shoplog.contracts.tables import GOLD_PARTIAL_LIVE
from shoplog.io.sources import mapping
from shoplog.transforms.measure import inputs_of, measured

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def partials(rows: DataFrame, families: Sequence[Family], table: Table = GOLD_PARTIAL_LIVE) -> DataFrame:
    """Return rows of `table` with the families' partials of rows (requests carry a `fate`); a key may come more than once."""
    measure = mapping(partial(measured, families=families), table)
    return rows.select(*inputs_of(families, rows.columns)).mapInArrow(measure, table.schema_ddl)


def accepted_partials(requests: DataFrame) -> DataFrame:
    """Return the partials of every published family of accepted request rows, by the same expressions as the stream's."""
    from pyspark.sql import functions as F

    return partials(requests.withColumn("fate", F.lit("accepted")), FAMILIES)


def with_event_date(figures: DataFrame) -> DataFrame:
    """Return figures per window with the UTC day that a recomputed table is partitioned by."""
    return figures.selectExpr("*", "to_date(window_start) event_date")
