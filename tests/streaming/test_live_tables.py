from __future__ import annotations

from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from deltalake import DeltaTable

from jobs.streaming import fold
from shoplog.contracts.families import LIVE_FAMILIES
from shoplog.contracts.tables import GOLD_PARTIAL_LIVE
from shoplog.errors import DriftError
from shoplog.io.arrow import to_arrow
from shoplog.io.commits import latest_version, newest_commit_with_metadata
from shoplog.io.data_files import DataFile
from shoplog.io.transactions import files_of
from shoplog.settings import Settings
from shoplog.transforms.fold import folded
from tests.spark_figures import merged
from tests.streaming.records import Batches, line, value

pytestmark = pytest.mark.spark


@pytest.fixture
def batches(spark: Any, settings: Settings) -> Batches:
    return Batches(spark, settings)


def test_a_line_becomes_a_bronze_row_and_a_figure(batches: Batches) -> None:
    batches.send({0: [value(line("203.0.113.1", path="/item/1?a=b"), 0)]})
    row = batches.bronze().first()
    assert (row["site"], row["host"], row["file"], row["byte_offset"]) == ("shop", "web1", "access-20261120-11.log", 0)
    assert (row["fate"], row["status"], row["path"], row["url"]) == ("accepted", 200, "/item/1", "/item/1?a=b")
    assert batches.requests() == 1


def test_a_line_sent_again_is_a_duplicate_and_an_equal_line_is_a_second_hit(batches: Batches) -> None:
    body = line("203.0.113.1")
    batches.send({0: [value(body, 0), value(body, 100), value(body, 0)]})
    batches.send({0: [value(body, 100), value(body, 200)]})
    assert batches.fates() == {"accepted": 3, "duplicate": 2}
    assert batches.requests() == 3


def test_marks_come_back_from_the_tables_alone(batches: Batches) -> None:
    batches.send({0: [value(line("203.0.113.1"), 500)]})
    assert batches.open().marks == {(0, "shop", "web1", "access-20261120-11.log"): 500}


def test_a_batch_that_is_run_again_adds_nothing(batches: Batches) -> None:
    records = batches.log({0: [value(line("203.0.113.1"), 0)]})
    batches.tables.write_batch(records, 0)
    batches.tables.write_batch(records, 0)
    batches.open().write_batch(records, 0)
    assert batches.fates() == {"accepted": 1}
    assert batches.requests() == 1


def test_partials_missing_after_a_crash_are_made_from_bronzes_files(batches: Batches, monkeypatch: Any) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(batches.tables, "_append_partials", lambda *_: (_ for _ in ()).throw(RuntimeError("crash")))
        with pytest.raises(RuntimeError, match="crash"):
            batches.send({0: [value(line("203.0.113.1"), 0)], 1: [value(line("203.0.113.2"), 100)]})
    assert batches.requests() == 0
    reopened = batches.open()
    assert batches.requests() == 2
    assert reopened.measured == reopened.committed == {0: 1, 1: 1}


def test_offsets_stand_in_the_commits(batches: Batches) -> None:
    batches.send({0: [value(line("203.0.113.1"), 0)]})
    batches.send({1: [value(line("203.0.113.2"), 100)]})
    for table in (batches.tables.bronze, batches.tables.gold):
        newest = newest_commit_with_metadata(table)
        assert newest is not None
        assert newest.metadata["kafka_start"] == {"0": 1, "1": 0}
        assert newest.metadata["kafka_end"] == {"0": 1, "1": 1}


def test_a_batch_that_does_not_continue_bronze_is_refused(batches: Batches) -> None:
    batches.send({0: [value(line("203.0.113.1"), 0)]})
    version = latest_version(batches.tables.bronze)
    (batches.settings.checkpoint / "offsets" / "0").write_text('v1\n{}\n{"access-log.raw.v1":{"0":5,"1":0}}')
    with pytest.raises(DriftError, match=r"runbook.md"):
        batches.send({0: [value(line("203.0.113.1"), 900)]})
    assert latest_version(batches.tables.bronze) == version


def test_refused_lines_are_kept_with_their_reason(batches: Batches) -> None:
    bodies = [b"nonsense", b"\xff" + line("203.0.113.1"), b"a\x00b", b"", line("203.0.113.1", status=999)]
    batches.send({0: [value(body, i * 100) for i, body in enumerate(bodies)] + [b"a foreign record", b"\xfe\xff"]})
    rows = {row["byte_offset"]: (row["reason"], bytes(row["raw"])) for row in batches.bronze().collect()}
    assert rows[0] == ("unparsable", b"nonsense")
    assert rows[100] == ("not_utf8", bodies[1])
    assert rows[200] == ("control_character", b"a\x00b")
    assert rows[300] == ("empty", b"")
    assert rows[400][0] == "bad_status"
    assert rows[5] == ("bad_identity", b"a foreign record")
    assert rows[6] == ("bad_identity", b"\xfe\xff")
    assert batches.requests() == 0


def test_folded_partials_give_the_same_figures_and_visitors_minutes_stay_as_they_are(batches: Batches) -> None:
    for second in (0, 5):
        batches.send({0: [value(line("203.0.113.1", second), second * 100), value(b"nonsense", second * 100 + 50)]})
    before = batches.gold()
    arrow = pa.Table.from_batches(list(to_arrow(folded(pl.DataFrame(before.toArrow())), GOLD_PARTIAL_LIVE)))
    after = batches.session.createDataFrame(arrow)
    for family in LIVE_FAMILIES:
        rows, kept = (merged(frame, family).orderBy("window_start", *family.dimensions) for frame in (before, after))
        assert rows.collect() == kept.collect(), family.name
    assert after.where("family = 'visitor_minutes'").count() == 2
    assert after.where("family = 'traffic'").count() == 1
    assert before.where("family = 'traffic'").count() == 2


def test_small_files_become_one_and_the_stream_goes_on_where_it_was(batches: Batches, monkeypatch: Any) -> None:
    monkeypatch.setattr(fold, "PARTIAL_TIERS", ((4 << 20, 3),))
    monkeypatch.setattr(fold, "BRONZE_TIERS", ((4 << 20, 3),))
    bronze, gold = DeltaTable(str(batches.tables.bronze)), DeltaTable(str(batches.tables.gold))
    for turn in range(2):
        batches.send({0: [value(line("203.0.113.1", turn), turn * 100)]})
    assert (fold.fold_partials(batches.tables, gold), fold.compact_bronze(batches.tables, bronze)) == (0, 0)
    batches.send({0: [value(line("203.0.113.1", 2), 200)]})
    rows = sorted(map(tuple, batches.bronze().collect()))
    assert (fold.fold_partials(batches.tables, gold), fold.compact_bronze(batches.tables, bronze)) == (3, 3)
    assert sorted(map(tuple, batches.bronze().collect())) == rows
    assert [len(files_of(DeltaTable(path))) for path in (batches.tables.bronze, batches.tables.gold)] == [1, 1]
    reopened = batches.open()
    assert reopened.measured == reopened.committed == {0: 3, 1: 0}
    batches.send({0: [value(line("203.0.113.1", 2), 200), value(line("203.0.113.1", 3), 300)]})
    assert batches.fates() == {"accepted": 4, "duplicate": 1}
    assert batches.requests() == 4


def test_a_file_that_was_folded_to_a_large_one_is_left_alone(batches: Batches) -> None:
    batches.send({0: [value(line("203.0.113.1", turn), turn * 100) for turn in range(3)]})
    table = DeltaTable(str(batches.tables.gold))
    (file,) = files_of(table)
    assert fold.small_files(table, ((file.size + 1, 1),)) == [file]
    assert fold.small_files(table, ((file.size, 1),)) == []
    assert fold.small_files(table, ((file.size, 9), (file.size + 1, 1))) == [file]


def test_so_many_files_are_taken_as_make_one_that_is_left_alone(monkeypatch: Any) -> None:
    files = [DataFile(f"{place}.parquet", size, {}, place, "{}") for place, size in enumerate((10, 10, 15, 10))]
    monkeypatch.setattr(fold, "_ENOUGH_BYTES", 30)
    assert fold._bounded(files) == files[:3]
    assert fold._bounded(files[2:]) == files[2:]
    monkeypatch.setattr(fold, "_MOST_FILES", 2)
    assert fold._bounded(files) == files[:2]


def test_partials_that_are_too_many_at_once_are_rewritten_in_pieces(batches: Batches, monkeypatch: Any) -> None:
    for turn in range(3):
        batches.send({0: [value(line("203.0.113.1", turn), turn * 100)]})
    monkeypatch.setattr(fold, "_ENOUGH_BYTES", 1)
    table, sizes = DeltaTable(str(batches.tables.gold)), list[int]()

    def counted(rows: pl.DataFrame) -> pl.DataFrame:
        sizes.append(int(rows.filter(pl.col("family") == "traffic")["requests"].sum()))
        return folded(rows)

    fold.rewrite_partials(batches.tables, table, files_of(table), counted, same_content=True)
    assert sizes == [1, 1, 1]
    assert len(files_of(DeltaTable(batches.tables.gold))) == 1
    assert batches.requests() == 3
