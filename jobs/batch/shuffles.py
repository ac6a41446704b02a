"""How many tasks Spark shares rows out among when it brings them together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING

from deltalake import DeltaTable

from shoplog.contracts.tables import SILVER_REQUEST
from shoplog.io.transactions import files_of
from shoplog.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_PARTITIONS = "spark.sql.shuffle.partitions"
# Silver's bytes of some 500,000 lines: a task holds all lines of its visitors.
_BYTES = 16 << 20


@contextmanager
def shuffles_for(session: SparkSession, settings: Settings, days: Sequence[date]) -> Iterator[None]:
    """Let shuffles have as many partitions as the days' lines and their neighbours' are worth, meanwhile."""
    before = session.conf.get(_PARTITIONS)
    around = {(day + timedelta(days=n)).isoformat() for day in days for n in (-1, 0, 1)}
    files = files_of(DeltaTable(str(settings.warehouse / SILVER_REQUEST.name)))
    size = sum(file.size for file in files if file.partition_values["event_date"] in around)
    session.conf.set(_PARTITIONS, str(max(int(before or 0), -(-size // _BYTES))))
    try:
        yield
    finally:
        session.conf.set(_PARTITIONS, before)
