"""A hole in a streamed file, filled from its bytes: each line under its own identity, the figures as they were."""

from __future__ import annotations

import bz2
import gzip
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import zstandard
from deltalake import DeltaTable
from typer.testing import CliRunner

from jobs.batch.import_logs import import_logs
from jobs.batch.recompute import recompute
from shoplog.cli import app
from shoplog.errors import UserError
from shoplog.io.file_range import FileRange, lines_in, parse_range
from shoplog.io.query import run_sql
from shoplog.ledger import census, in_flight
from shoplog.settings import Settings
from shoplog.sites import load_sites
from tests.batch.bronze_rows import Bronze, at, line
from tests.ledger.home import FILE, Home

DAY = at(20, 0).date()
CONTENT = b"".join(line(at(20, 11, minute), url=f"/p/{minute}") + b"\n" for minute in range(40))
STARTS = [0, *(place + 1 for place, byte in enumerate(CONTENT) if byte == 10)]
PACK = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".zst": zstandard.compress}


@pytest.mark.spark
@pytest.mark.proof
def test_rows_lost_from_bronze_are_named_by_bytes_and_come_back_by_them(
    spark: Any, settings: Settings, tmp_path: Path, monkeypatch: Any
) -> None:
    home, bronze = Home(settings), Bronze(settings)
    for module in (census, in_flight):
        monkeypatch.setattr(module, "topic_offsets", home.topic_offsets)
        monkeypatch.setattr(module, "records", home.records)
    rows = [(start, CONTENT[start : end - 1]) for start, end in pairwise(STARTS)]
    bronze.stream(rows, at(20, 12), file=FILE)
    home.count(CONTENT)
    recompute(spark, settings, [DAY])
    figures = "select window_start, requests, bytes_sent, visitors from gold_traffic_1m order by all"
    before, account = run_sql(settings, figures)[1], home.account()

    lost = f"byte_offset in ({STARTS[7]}, {STARTS[8]}, {STARTS[30]})"
    DeltaTable(str(settings.warehouse / "bronze_access_log")).delete(lost)
    (row,) = home.account()
    assert row.residue == 3
    assert row.broken_ranges == f"{STARTS[7]}-{STARTS[9]} missing, {STARTS[30]}-{STARTS[31]} missing"

    archive = tmp_path / f"{FILE}.gz"
    archive.write_bytes(gzip.compress(CONTENT))
    holes = [FileRange(archive, STARTS[7], STARTS[9]), FileRange(archive, STARTS[30], STARTS[31])]
    made = import_logs(spark, settings, load_sites(settings)["shop"], "web1", [], holes)
    assert (made["lines"], made["added"], made["also_streamed"]) == (3, 3, 0)
    assert made["days_published"] == [DAY.isoformat()]
    identities = "select site, host, file, byte_offset, line_bytes from bronze_import_log order by byte_offset"
    assert run_sql(settings, identities)[1] == [("shop", "web1", FILE, STARTS[n], len(rows[n][1])) for n in (7, 8, 30)]
    (filled,) = home.account()
    assert (filled.residue, filled.missing_bytes, filled.is_wrong) == (0, 0, False)
    assert (filled.written, filled.accepted, filled.bronze) == (account[0].written, account[0].accepted, 40)
    assert run_sql(settings, figures)[1] == before

    again = import_logs(spark, settings, load_sites(settings)["shop"], "web1", [], [*holes, holes[0]])
    assert (again["lines"], again["added"], again["days_published"]) == (5, 0, [])


@pytest.mark.parametrize("suffix", PACK)
def test_the_lines_of_a_range_are_counted_in_the_uncompressed_bytes(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.log{suffix}"
    path.write_bytes(PACK[suffix](b"a\nbb\r\n\n" + b"x" * (5 << 20) + b"\nunfinished"))
    total = 8 + (5 << 20) + 10
    for start, end, lines in (
        (0, 1, 1), (0, 2, 1), (0, 3, 2), (2, 6, 1), (2, total, 4), (0, total, 5), (6, 7, 1), (7, total - 10, 1),
        (total - 10, total, 1),
    ):  # fmt: skip
        assert lines_in(FileRange(path, start, end)) == lines, (start, end)


@pytest.mark.parametrize(
    ("start", "end", "sentence"),
    [
        (1, 6, "No line of PATH begins at byte 1: the nearest begin at 0 and 3."),
        (4, 6, "No line of PATH begins at byte 4: the nearest begin at 3 and 8."),
        (9, 10, "No line of PATH begins at byte 9: the nearest begin at 8."),
        (3, 13, "PATH has 12 bytes, uncompressed, and the range runs to 13: end it at 12 or before."),
        (20, 30, "PATH has 12 bytes, uncompressed, and the range runs to 30: end it at 12 or before."),
    ],
)
def test_a_range_that_does_not_fit_the_file_is_refused_in_one_sentence(
    tmp_path: Path, start: int, end: int, sentence: str
) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"aa\nbbb\r\nccc\n")
    with pytest.raises(UserError) as refused:
        lines_in(FileRange(path, start, end))
    assert str(refused.value) == sentence.replace("PATH", str(path))


def test_a_range_may_begin_inside_a_line_end_where_only_the_next_line_follows(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"aa\nbbb\r\nccc\n")
    # As the ledger names the last line where it knows other lines to end in one byte.
    assert lines_in(FileRange(path, 7, 12)) == lines_in(FileRange(path, 8, 12)) == 1


def test_ranges_are_written_as_the_ledger_prints_them(settings: Settings, monkeypatch: Any) -> None:
    assert parse_range("/logs/a:b.log.gz:5-17") == FileRange(Path("/logs/a:b.log.gz"), 5, 17)
    monkeypatch.setenv("SHOPLOG_HOME", str(settings.home))
    for arguments, words in (
        (["--range", "a.log"], "write FILE:FROM-TO"),
        (["--range", "a.log:7-7"], "FROM below TO"),
        (["--range", "/nowhere/a.log:1-7"], "is not a file"),
        ([], "There is nothing to import"),
    ):
        done = CliRunner().invoke(app, ["import", *arguments])
        assert (done.exit_code, words in str(done.exception)) == (1, True), done.output
