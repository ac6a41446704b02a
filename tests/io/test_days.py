"""Whether a table holds anything of a day is read from its log."""

from __future__ import annotations

from datetime import date

import polars as pl
from deltalake import write_deltalake

from shoplog.io.sinks import has_days
from shoplog.settings import Settings


def test_a_table_says_which_days_it_holds(settings: Settings) -> None:
    first, second, third = (date(2026, 11, day) for day in (20, 21, 22))
    rows = pl.DataFrame({"event_date": [first, second], "requests": [1, 2]}).to_arrow()
    write_deltalake(str(settings.warehouse / "gold_traffic_1m"), rows, partition_by=["event_date"])
    assert has_days(settings, "gold_traffic_1m", [first])
    assert has_days(settings, "gold_traffic_1m", [third, second])
    assert not has_days(settings, "gold_traffic_1m", [third])
