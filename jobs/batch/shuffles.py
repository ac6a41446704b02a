"""How many tasks Spark shares rows out among when it brings them together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_PARTITIONS = "spark.sql.shuffle.partitions"
SILVER_BYTES_A_LINE = 32
# Of some 500,000 lines: a task may hold all lines of its visitors.
_BYTES = 500_000 * SILVER_BYTES_A_LINE
# Figures are so much fewer than lines, and each partition of them is a file for a reader to open.
_FEWER = 8


@contextmanager
def shuffles_of(session: SparkSession, size: int) -> Iterator[None]:
    """Let shuffles have as many partitions as so many bytes of data files are worth, meanwhile; the session's own at least."""
    before = session.conf.get(_PARTITIONS)
    session.conf.set(_PARTITIONS, str(max(int(before or 0), -(-size // _BYTES))))
    try:
        yield
    finally:
        session.conf.set(_PARTITIONS, before)


def partitions_of_figures(session: SparkSession) -> int:
    """Return how many partitions the figures of so many lines are worth."""
    fewer = int(session.conf.get(_PARTITIONS) or 0) // _FEWER
    return max(int(session.sparkContext.defaultParallelism), fewer)
