from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jobs.batch import import_logs as job
from jobs.batch import over_files
from shoplog.errors import UserError
from shoplog.io.archive_census import ArchiveCensus
from shoplog.io.file_range import FileRange
from shoplog.io.query import run_sql
from shoplog.ledger import census, in_flight
from shoplog.settings import Settings
from shoplog.sites import load_sites
from tests.batch.bronze_rows import at, line
from tests.ledger.home import Home

pytestmark = pytest.mark.spark


def test_an_import_stands_in_the_ledger_line_by_line(
    spark: Any, settings: Settings, tmp_path: Path, monkeypatch: Any
) -> None:
    home = Home(settings)
    for module in (census, in_flight):
        monkeypatch.setattr(module, "topic_offsets", home.topic_offsets)
        monkeypatch.setattr(module, "records", home.records)
    site = load_sites(settings)["shop"]
    # Of today: a day that is not over is not recomputed here.
    content = b"\r\n".join([line(datetime.now(UTC))] * 5 + [b"nonsense", b"", b"no line end"])
    plain, packed = tmp_path / "old.log", tmp_path / "old.log.gz"
    plain.write_bytes(content)
    packed.write_bytes(gzip.compress(content))
    made = job.import_logs(spark, settings, site, "web1", [plain, packed])
    assert (made["lines"], made["added"], made["already_imported"]) == (16, 8, 8)
    (row,) = home.account()
    assert (row.file, row.written, row.accepted, row.quarantined) == ("old.log", 8, 5, 3)
    assert (row.kafka, row.bronze, row.duplicates, row.in_flight, row.residue) == (0, 8, 0, 0, 0)
    assert not row.is_wrong

    monkeypatch.setattr(job, "count_archive", lambda path: ArchiveCensus(10_000, 9, False))
    with pytest.raises(UserError, match="8 lines were read of the 9"):
        job.import_logs(spark, settings, site, "web1", [plain])
    assert home.account() == [row]


def test_all_days_of_an_import_are_recomputed_and_published_together_and_a_second_import_adds_nothing(
    spark: Any, settings: Settings, tmp_path: Path
) -> None:
    site = load_sites(settings)["shop"]
    archive = tmp_path / "three-days.log"
    archive.write_bytes(b"".join(line(at(day, 12)) + b"\n" for day in (18, 19, 19, 20)))
    made = job.import_logs(spark, settings, site, "web1", [archive])
    assert made["days_published"] == ["2026-11-18", "2026-11-19", "2026-11-20"]
    per_day = (
        "select window_start::date, sum(requests), any_value(status) from gold_traffic_1m_now group by 1 order by 1"
    )
    figures = run_sql(settings, per_day)[1]
    assert [(day.day, requests, status) for day, requests, status in figures] == [
        (18, 1, "final"), (19, 2, "final"), (20, 1, "final"),
    ]  # fmt: skip
    again = job.import_logs(spark, settings, site, "web1", [archive])
    assert (again["added"], again["already_imported"], again["days_published"]) == (0, 4, [])
    assert run_sql(settings, per_day)[1] == figures


def test_each_name_has_its_own_lines_however_the_files_are_shared_out(
    spark: Any, settings: Settings, tmp_path: Path, monkeypatch: Any
) -> None:
    """Lines of one name, given twice, are not taken for those of another name in the same task."""
    monkeypatch.setattr(over_files, "shared_out", lambda files, cores: [list(files)])
    site, now = load_sites(settings)["shop"], datetime.now(UTC)
    contents = {
        name: [line(now, url=f"/{name}/{n}") for n in range(lines)] for name, lines in (("a", 6), ("b", 6), ("c", 3))
    }
    for name, lines in contents.items():
        (tmp_path / f"{name}.log").write_bytes(b"".join(one + b"\n" for one in lines))
    first, *_, last = (len(one) + 1 for one in contents["a"])
    twice = [FileRange(tmp_path / "a.log", 0, 2 * first), FileRange(tmp_path / "a.log", first, 4 * first)]
    made = job.import_logs(spark, settings, site, "web1", [tmp_path / "b.log", tmp_path / "c.log"], twice)
    assert first == last, "lines of one length"
    assert (made["lines"], made["added"], made["already_imported"]) == (6 + 3 + 2 + 3, 6 + 3 + 4, 1)
    again = job.import_logs(spark, settings, site, "web1", [tmp_path / f"{name}.log" for name in contents])
    assert (again["added"], again["already_imported"]) == (2, 13)
    stored = "select file, count(*), count(distinct byte_offset) from bronze_import_log group by 1 order by 1"
    assert run_sql(settings, stored)[1] == [("a.log", 6, 6), ("b.log", 6, 6), ("c.log", 3, 3)]
