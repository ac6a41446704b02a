from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from shoplog.io.marks import marks_of
from shoplog.io.offsets import KafkaRange
from shoplog.io.versions import version_at

PLACE = {"family": "ledger", "site": "shop", "host": "web1", "file": "a.log"}


def test_marks_are_the_highest_offsets_of_the_ledger_family() -> None:
    rows = pl.LazyFrame(
        [
            {**PLACE, "kafka_partition": 0, "highest_byte_offset": 70},
            {**PLACE, "kafka_partition": 0, "highest_byte_offset": 90},
            {**PLACE, "kafka_partition": 1, "highest_byte_offset": 5},
            {**PLACE, "family": "traffic", "kafka_partition": 1, "highest_byte_offset": 999},
        ]
    )
    place = ("shop", "web1", "a.log")
    assert marks_of(rows) == {(0, *place): 90, (1, *place): 5}
    known = {(0, *place): 95, (2, *place): 1}
    assert marks_of(rows, known) == {(0, *place): 95, (1, *place): 5, (2, *place): 1}
    assert known == {(0, *place): 95, (2, *place): 1}


def commits(table: Path, ends: list[dict[int, int] | None]) -> None:
    (table / "_delta_log").mkdir(parents=True)
    for version, end in enumerate(ends):
        text = {"userMetadata": KafkaRange({}, end).to_metadata()} if end is not None else {}
        (table / "_delta_log" / f"{version:020d}.json").write_text(json.dumps({"commitInfo": text}))


def test_the_version_at_given_offsets_is_the_newest_that_stands_there(tmp_path: Path) -> None:
    # Version 0 makes the table, 3 is upkeep, 4 was made by hand, 5 went ahead.
    commits(tmp_path / "t", [None, {0: 5}, {0: 9, 1: 2}, {0: 9, 1: 2}, None, {0: 12, 1: 2}])
    assert version_at(tmp_path / "t", {0: 9, 1: 2}) == 4
    assert version_at(tmp_path / "t", {0: 12, 1: 2}) == 5
    assert version_at(tmp_path / "t", {0: 5}) == 1
    assert version_at(tmp_path / "t", {0: 13, 1: 2}) is None
    assert version_at(tmp_path / "missing", {0: 1}) is None


def test_a_topic_that_was_made_anew_leaves_the_windows_comparable(tmp_path: Path) -> None:
    # After a reset the offsets begin again; rows of the old topic carry higher ones and are still of this version.
    commits(tmp_path / "t", [None, {0: 1000}, {0: 0}, {0: 10}, {0: 20}])
    assert version_at(tmp_path / "t", {0: 10}) == 3
