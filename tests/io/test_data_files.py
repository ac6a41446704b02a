from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable

from shoplog.contracts.proof import LEDGER_CENSUS_LIVE, PUBLISHED_DAY, QUALITY_MEASURE
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE
from shoplog.errors import UserError
from shoplog.io import data_files
from shoplog.io.commits import newest_commit_with_metadata, read_commit
from shoplog.io.computed import live_version
from shoplog.io.data_files import DataFiles
from shoplog.io.duck import open_tables
from shoplog.io.housekeeping import broken_versions
from shoplog.io.offsets import KafkaRange
from shoplog.io.sinks import create_table
from shoplog.io.transactions import append_files, append_rows
from shoplog.settings import Settings

FRIDAY, SATURDAY = date(2026, 11, 20), date(2026, 11, 21)


@pytest.fixture
def gold(settings: Settings) -> Path:
    return create_table(settings, GOLD_PARTIAL_LIVE.name)


def partials(*days: date) -> pl.DataFrame:
    starts = [datetime(day.year, day.month, day.day, 12, tzinfo=UTC) for day in days]
    rows = {
        "site": ["shop"] * len(days),
        "window_start": starts,
        "window_date": days,
        "requests": range(1, len(days) + 1),
    }
    return pl.DataFrame(rows).with_columns(family=pl.lit("traffic"))


def written(folder: Path, *frames: pl.DataFrame) -> list[Any]:
    with DataFiles(GOLD_PARTIAL_LIVE, folder) as files:
        for frame in frames:
            files.write(frame)
    return files.closed()


def test_rows_of_two_days_are_two_files_and_a_day_s_rows_are_one(gold: Path) -> None:
    files = written(gold, partials(FRIDAY, SATURDAY), partials(FRIDAY))
    assert {file.partition_values["window_date"]: json.loads(file.stats)["numRecords"] for file in files} == {
        "2026-11-20": 2,
        "2026-11-21": 1,
    }
    append_files(DeltaTable(str(gold)), files, '{"kafka_end": {}}')
    days = pl.scan_delta(str(gold)).group_by("window_date").agg(pl.col("requests").sum()).sort("window_date").collect()
    assert days.rows() == [(FRIDAY, 2), (SATURDAY, 2)]


def test_a_row_without_a_day_is_read_back_without_one(gold: Path) -> None:
    rows = partials(FRIDAY).with_columns(window_date=pl.lit(None, pl.Date))
    append_files(DeltaTable(str(gold)), written(gold, rows), "{}")
    assert pl.scan_delta(str(gold)).select("window_date", "requests").collect().rows() == [(None, 1)]


def test_nothing_is_in_the_table_before_the_commit(gold: Path) -> None:
    written(gold, partials(FRIDAY))
    assert pl.scan_delta(str(gold)).collect().is_empty()


def test_a_commit_without_files_holds_its_metadata(gold: Path) -> None:
    append_files(DeltaTable(str(gold)), [], '{"kafka_end": {"0": 7}}')
    newest = newest_commit_with_metadata(gold)
    assert newest is not None and (newest.metadata, newest.added) == ({"kafka_end": {"0": 7}}, ())


def test_a_handle_that_has_not_seen_other_commits_appends_after_them(gold: Path) -> None:
    handle = DeltaTable(str(gold))
    append_files(DeltaTable(str(gold)), written(gold, partials(FRIDAY)), "{}")
    append_files(handle, written(gold, partials(SATURDAY)), "{}")
    assert [len(read_commit(gold, version).added) for version in (1, 2)] == [1, 1]
    assert len(pl.scan_delta(str(gold)).collect()) == 2


def test_bounds_are_kept_of_the_first_columns(gold: Path) -> None:
    rows = partials(FRIDAY).with_columns(window_end=pl.col("window_start") + pl.duration(microseconds=1001))
    stats = json.loads(written(gold, rows)[0].stats)
    noon = "2026-11-20T12:00:00.000Z"
    assert stats["minValues"] == {
        "family": "traffic",
        "site": "shop",
        "window_start": noon,
        "window_end": noon[:-2] + "1Z",
    }
    assert stats["maxValues"] == stats["minValues"] | {"window_end": noon[:-2] + "2Z"}
    nulls = json.loads(written(gold, rows.with_columns(site=pl.lit(None, pl.String)))[0].stats)
    assert nulls["nullCount"]["site"] == 1
    assert "site" not in nulls["minValues"]


def test_a_text_that_may_tell_of_a_visitor_has_bounds_that_say_nothing_and_is_found(settings: Settings) -> None:
    path = create_table(settings, QUALITY_MEASURE.name)
    row = pl.DataFrame({"day": [FRIDAY], "site": ["shop"], "measure": ["requests"], "measured": [1.0]})
    append_rows(path, row, QUALITY_MEASURE, "{}")
    assert "requests" not in "".join(entry.read_text() for entry in (path / "_delta_log").glob("*1.json"))
    with open_tables(settings, QUALITY_MEASURE) as tables:
        found = tables.execute("select count(*) from quality_measure where measure = $1", ["requests"]).fetchone()
    assert found == (1,)
    assert pl.scan_delta(str(path)).filter(pl.col("measure") == "requests").collect().height == 1


def test_readers_that_skip_files_by_bounds_find_every_row(settings: Settings) -> None:
    path = create_table(settings, PUBLISHED_DAY.name)
    at = datetime(2026, 11, 21, 4, 5, 6, 7, tzinfo=UTC)
    row = pl.DataFrame({"site": ["shop"], "day": [FRIDAY], "published_at": [at]})
    append_rows(path, row, PUBLISHED_DAY, "{}")
    found = "select count(*) from published_day where day = $day and published_at >= $at and published_at <= $at"
    with open_tables(settings, PUBLISHED_DAY) as tables:
        assert tables.execute(found, {"day": FRIDAY, "at": at}).fetchall() == [(1,)]
    asked = (pl.col("day") == FRIDAY) & (pl.col("published_at") == at)
    assert len(pl.scan_delta(str(path)).filter(asked).collect()) == 1


def test_a_column_of_another_type_is_refused(gold: Path) -> None:
    with pytest.raises((ValueError, TypeError)):
        written(gold, partials(FRIDAY).with_columns(requests=pl.lit("many")))


def test_rows_of_the_driver_are_appended_with_their_metadata(settings: Settings) -> None:
    path = create_table(settings, LEDGER_CENSUS_LIVE.name)
    row = pl.DataFrame({"site": ["shop"], "host": ["web1"], "file": ["a.log"], "size": [230], "lines": [1]})
    append_rows(path, row, LEDGER_CENSUS_LIVE, '{"kafka_end": {"0": 1}}')
    newest = newest_commit_with_metadata(path)
    assert newest is not None and newest.metadata == {"kafka_end": {"0": 1}}
    assert pl.scan_delta(str(path)).select("file", "size", "inode").collect().rows() == [("a.log", 230, None)]


def test_a_file_that_is_full_is_followed_by_another(gold: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_files, "_MOST_ROWS", 3)
    files = written(gold, partials(FRIDAY, FRIDAY, SATURDAY), partials(FRIDAY), partials(SATURDAY), partials(FRIDAY))
    assert sorted((file.partition_values["window_date"], file.rows) for file in files) == [
        ("2026-11-20", 1), ("2026-11-20", 3), ("2026-11-21", 2),
    ]  # fmt: skip
    append_files(DeltaTable(str(gold)), files, None)
    assert len(pl.read_delta(str(gold))) == 6


def test_live_figures_and_their_files_are_found_in_a_home_whose_name_has_a_space(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "my home", host="web1")
    bronze, gold = (create_table(settings, table.name) for table in (BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE))
    landed = KafkaRange({}, {0: 2}).to_metadata()
    append_files(DeltaTable(str(bronze)), [], landed)
    append_rows(gold, partials(FRIDAY, SATURDAY), GOLD_PARTIAL_LIVE, landed)
    assert live_version(settings, 1) == 1
    assert broken_versions(gold, [1]) == set()
    next(gold.rglob("*.parquet")).unlink()
    assert broken_versions(gold, [1]) == {1}
    with pytest.raises(UserError, match=r"^The live figures of bronze version 1 are gone"):
        live_version(settings, 1)
