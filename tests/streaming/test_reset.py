from __future__ import annotations

from typing import Any

import pytest

from shoplog.io.offsets import KafkaRange, committed_offsets
from shoplog.io.sinks import append, create_table
from shoplog.settings import Settings


@pytest.mark.spark
def test_offsets_are_committed_even_without_rows(spark: Any, settings: Settings) -> None:
    """The way out after a topic was made anew: Delta leaves out empty commits unless it is told not to."""
    bronze = create_table(settings, "bronze_access_log")
    reset = KafkaRange({0: 0}, {0: 0}).to_metadata(reset=True)
    append(spark.createDataFrame([], "site string"), settings, "bronze_access_log", reset)
    assert committed_offsets(bronze) == {0: 0}
