"""What the driver does beside the batches."""

from __future__ import annotations

import time
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable

from jobs.streaming import upkeep
from jobs.streaming.upkeep import Upkeep
from shoplog.contracts.proof import LEDGER_CENSUS_LIVE
from shoplog.io.commits import newest_commit_with_metadata
from shoplog.io.offsets import KafkaRange
from shoplog.io.sinks import create_table
from shoplog.io.transactions import append_rows
from shoplog.settings import Settings
from tests.streaming.records import Batches

pytestmark = pytest.mark.spark


@pytest.fixture
def house(spark: Any, settings: Settings) -> Upkeep:
    create_table(settings, LEDGER_CENSUS_LIVE.name)
    return Upkeep(Batches(spark, settings).tables)


def until_idle(house: Upkeep) -> None:
    while not house.tick():
        time.sleep(0.01)


def test_what_goes_wrong_is_raised_at_a_later_tick(house: Upkeep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house, "land_census", lambda: (_ for _ in ()).throw(RuntimeError("no broker")))
    with pytest.raises(RuntimeError, match="no broker"):
        until_idle(house)


def test_it_is_done_once_an_interval_and_batches_do_not_wait(house: Upkeep, monkeypatch: pytest.MonkeyPatch) -> None:
    done = []
    monkeypatch.setattr(house, "keep_house", lambda: (time.sleep(0.1), done.append(1)))
    assert not house.tick()
    assert house.tables.lock.acquire(blocking=False)
    house.tables.lock.release()
    until_idle(house)
    assert house.tick()
    assert done == [1]


def test_censuses_are_written_together_with_their_offsets(house: Upkeep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "CENSUS_TIERS", ((4 << 20, 3),))
    path = house.settings.warehouse / LEDGER_CENSUS_LIVE.name
    for size in range(3):
        row = pl.DataFrame({"site": ["shop"], "host": ["web1"], "file": ["a.log"], "size": [size], "lines": [size]})
        house.census_at = {0: size + 1}
        append_rows(path, row, LEDGER_CENSUS_LIVE, KafkaRange({0: size}, house.census_at).to_metadata())
    house.compact_census()
    assert len(DeltaTable(str(path)).file_uris()) == 1
    assert pl.read_delta(str(path))["size"].to_list() == [0, 1, 2]
    newest = newest_commit_with_metadata(path)
    assert newest is not None and KafkaRange.from_metadata(newest.metadata) == KafkaRange({0: 3}, {0: 3})
