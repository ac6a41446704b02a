from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from jobs.batch.bronze_files import PLACE, BronzeFile, BronzeFiles, deciding_rows
from jobs.batch.over_files import shared_out
from shoplog.contracts.tables import BRONZE_ACCESS_LOG
from shoplog.io import data_rows as module
from shoplog.io.data_files import DataFile
from shoplog.io.data_rows import data_rows

DAY, NEXT = date(2026, 11, 20), date(2026, 11, 21)


def bronze(path: Path, days: list[date | None]) -> BronzeFile:
    """Write rows with these event dates, as an older version of bronze that had few columns, and return the file."""
    rows = {
        "site": ["shop", "north"] * len(days),
        "byte_offset": range(2 * len(days)),
        "ingest_time": [datetime(2026, 11, 20, 12, tzinfo=UTC)] * 2 * len(days),
        "event_date": [day for day in days for _ in range(2)],
    }
    pl.DataFrame(rows, schema_overrides={"event_date": pl.Date}).write_parquet(path)
    return BronzeFile(0, BRONZE_ACCESS_LOG.name, path, path.stat().st_size, {"ingest_date": "2026-11-20"})


def test_rows_have_their_partitions_day_and_null_for_what_the_file_lacks(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "_ROWS_AT_ONCE", 3)
    file = bronze(tmp_path / "a.parquet", [DAY, None, NEXT])
    frames = list(
        data_rows(file.path, BRONZE_ACCESS_LOG, ["byte_offset", "login_id", "ingest_date"], file.partition_values)
    )
    assert [len(rows) for rows in frames] == [3, 3]
    rows = pl.concat(frames)
    assert rows.columns == ["byte_offset", "login_id", "ingest_date"]
    assert rows["byte_offset"].to_list() == list(range(6))
    assert rows["login_id"].to_list() == [None] * 6
    assert rows["ingest_date"].to_list() == [DAY] * 6
    (whole,) = pl.collect_all([pl.concat(data_rows(file.path, BRONZE_ACCESS_LOG, values=file.partition_values)).lazy()])
    assert whole.columns == list(BRONZE_ACCESS_LOG.column_names)


def test_places_in_a_file_go_on_over_all_its_rows_whichever_are_asked_for(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "_ROWS_AT_ONCE", 3)
    file = bronze(tmp_path / "a.parquet", [NEXT, DAY, None, NEXT, DAY])
    of_all = BronzeFiles([file], [DAY], None)
    assert places(of_all) == [2, 3, 4, 5, 8, 9], "lines of the day, and those that have none"
    assert places(BronzeFiles([file], [DAY], ["north"])) == [3, 5, 9]


def places(asked: BronzeFiles) -> list[int]:
    return pl.concat(deciding_rows(asked, asked.files[0], ["byte_offset"]))[PLACE].to_list()


def test_files_are_shared_out_by_size_and_no_task_is_empty(monkeypatch: Any) -> None:
    files = [DataFile(f"{place}", size, {}, place, "{}") for place, size in enumerate((5, 40, 10, 20, 5))]
    sizes = [[file.size for file in group] for group in shared_out(files, 2)]
    assert sizes == [[40], [20, 10, 5, 5]]
    assert shared_out(files[:1], 8) == [files[:1]]
    assert shared_out([], 8) == []
    monkeypatch.setattr("jobs.batch.over_files._TASK_BYTES", 20)
    assert len(shared_out(files, 2)) == 4
