"""Rows -> figures per window: the only aggregates of requests, the same for stream and batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from shoplog.contracts.metrics import DERIVED, DIMENSIONS, FAMILIES, LIVE_FAMILIES, TRAFFIC
from shoplog.contracts.model import Family, Metric

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# Of a column that the rows do not have, such as a Kafka partition of recomputed ones.
_ABSENT = "string"
_KEYS = ("family", "site", "window_start", "window_end", *DIMENSIONS)


def partials(rows: DataFrame, families: Sequence[Family]) -> DataFrame:
    """Return one mergeable row per family, site, window and dimensions of rows that carry a `fate`.

    Each row is repeated once a family that it belongs to, then added up in one pass: one reading of the rows and one
    shuffle, however many families there are. Measures that are not a family's are null.
    """
    types = dict(rows.dtypes)
    keys = ", ".join(_key(family, types) for family in families)
    repeated = rows.selectExpr("*", f"explode(filter(array({keys}), k -> k is not null)) as key")
    # The key's columns stay within it: figures are made of the row's own.
    return _added_up(repeated, families, lambda metric: metric.partial, "key.")


def _key(family: Family, types: dict[str, str]) -> str:
    """Return SQL for the key of a row in the family, null where the row does not belong to it."""
    seconds = f"unix_seconds({family.time})"
    width = family.window_minutes * 60
    start = f"{seconds} - {seconds} % {width}"
    sql = {name: DERIVED.get(name, name) for name in DIMENSIONS}
    dimensions = (
        f"{sql[name] if name in family.dimensions else f'cast(null as {types.get(sql[name], _ABSENT)})'} as {name}"
        for name in DIMENSIONS
    )
    fields = ", ".join(
        (
            f"'{family.name}' as family",
            "site",
            f"timestamp_seconds({start}) as window_start",
            f"timestamp_seconds({start} + {width}) as window_end",
            *dimensions,
        )
    )
    return f"case when {family.of} then struct({fields}) end"


def merged(rows: DataFrame, family: Family) -> DataFrame:
    """Return a family's partials added up per site, window and dimension, with the figures people read."""
    from pyspark.sql import functions as F

    rows = rows.where(F.col("family") == family.name)
    keys = ("site", "window_start", "window_end", *family.dimensions)
    sums = rows.groupBy(*keys).agg(*(F.expr(f"{metric.merge} as {metric.name}") for metric in family.metrics))
    return sums.selectExpr("*", *(f"{m.figure} as {m.figure_name}" for m in family.metrics if m.figure))


def accepted_partials(requests: DataFrame) -> DataFrame:
    """Return the partials of every published family of accepted request rows, by the same expressions as the stream's."""
    from pyspark.sql import functions as F

    return partials(requests.withColumn("fate", F.lit("accepted")), FAMILIES)


def folded(rows: DataFrame) -> DataFrame:
    """Return partials with equal keys added up: fewer rows, the same figures."""
    return _added_up(rows, LIVE_FAMILIES, lambda metric: metric.merge)


def daily_requests(rows: DataFrame) -> DataFrame:
    """Return requests per site and UTC day of traffic partials."""
    from pyspark.sql import functions as F

    traffic = rows.where(F.col("family") == TRAFFIC.name)
    return traffic.groupBy("site", F.to_date("window_start").alias("day")).agg(F.sum("requests").alias("requests"))


def _added_up(rows: DataFrame, families: Sequence[Family], sql: Callable[[Metric], str], key: str = "") -> DataFrame:
    """Return rows grouped by every key, each measure made by its `sql` and null in the families that lack it."""
    from pyspark.sql import functions as F

    measures = []
    for metric in dict.fromkeys(metric for family in families for metric in family.metrics):
        owners = ", ".join(f"'{family.name}'" for family in families if metric in family.metrics)
        measures.append(f"cast(if({key}family in ({owners}), {sql(metric)}, null) as {metric.type}) as {metric.name}")
    added = rows.groupBy(*(F.col(key + name) for name in _KEYS)).agg(*(F.expr(measure) for measure in measures))
    return added.selectExpr("*", "to_date(window_start) as window_date")
