"""Which rows belong to a day: over all days, each line is chosen exactly once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from jobs.batch.bronze import bronze_versions, first_rows, parsed, read_days
from jobs.batch.bronze_files import BronzeFiles
from jobs.batch.recompute import WRITES, recompute
from jobs.batch.silver import replace_silver
from shoplog.errors import UserError
from shoplog.io.query import run_sql
from shoplog.io.sinks import create_table
from shoplog.settings import Settings
from shoplog.sites import load_sites
from tests.batch.bronze_rows import Bronze, at, line

pytestmark = pytest.mark.spark
D20, D21, D22, D25 = (date(2026, 11, day) for day in (20, 21, 22, 25))
Kept = dict[date, list[tuple[str, str]]]


def kept(spark: Any, settings: Settings, *days: date) -> Kept:
    """What recompute keeps of each day, and what a rehearsal does: file, and `accepted` or the reason."""
    found = {}
    versions = bronze_versions(settings)
    for table in WRITES:
        create_table(settings, table)
    for day in days:
        once = parsed(first_rows(read_days(spark, settings, versions, [day])), settings, load_sites(settings))
        rows = once.where(f"event_date = '{day}' or (reason is not null and ingest_date = '{day}')").collect()
        found[day] = sorted((row["file"], row["reason"] or "accepted") for row in rows)
        replace_silver(spark, settings, versions, [day], missing_ok=True)
        stored = (
            f"select file, 'accepted' from silver_request where event_date = '{day}' union all "
            f"select file, reason from quarantine_access_log where ingest_date = '{day}'"
        )
        assert sorted(run_sql(settings, stored)[1]) == found[day]
    return found


def test_each_line_belongs_to_exactly_one_day_however_often_it_came(spark: Any, settings: Settings) -> None:
    bronze = Bronze(settings)
    soon, in_time = line(at(21, 0, 10)), line(at(21, 0, 2))
    bronze.stream([(0, soon)], at(20, 23, 50), file="future-then-imported")
    bronze.bring_in([(0, soon)], at(25, 9), file="future-then-imported")
    bronze.stream([(0, soon)], at(20, 23, 50), file="future-then-sent-again")
    bronze.stream([(0, soon)], at(21, 0, 30), "duplicate", file="future-then-sent-again")
    bronze.bring_in([(0, soon)], at(20, 23, 50), file="imported-as-future-then-streamed")
    bronze.stream([(0, soon)], at(21, 0, 30), file="imported-as-future-then-streamed")
    bronze.stream([(0, in_time)], at(20, 23, 59), file="a-little-ahead")
    bronze.stream([(0, soon)], at(25, 8), file="days-late")
    bronze.stream([(0, soon)], at(21, 8), file="streamed-and-imported")
    bronze.bring_in([(0, soon)], at(25, 9), file="streamed-and-imported")
    bronze.stream([(0, b"nonsense")], at(22, 8), file="refused")
    assert kept(spark, settings, D20, D21, D22, D25) == {
        D20: [
            ("future-then-imported", "future"),
            ("future-then-sent-again", "future"),
            ("imported-as-future-then-streamed", "future"),
        ],
        D21: [("a-little-ahead", "accepted"), ("days-late", "accepted"), ("streamed-and-imported", "accepted")],
        D22: [("refused", "unparsable")],
        D25: [],
    }


def test_a_late_line_is_recomputed_into_its_day_and_other_partitions_are_not_read(
    spark: Any, settings: Settings
) -> None:
    bronze = Bronze(settings)
    for day in (20, 21, 22, 23, 24):
        bronze.stream([(0, line(at(day, 12))), (100, b"nonsense")], at(day, 12), file=f"{day}.log")
    bronze.stream([(0, line(at(21, 23)))], at(25, 7), file="late.log")
    # A clock far ahead is refused each day; no day but its own has to look at it.
    bronze.stream([(200, line(at(28, 12)))], at(20, 13), file="20.log")
    versions = bronze_versions(settings)
    read = {file.partition_values["ingest_date"] for file in BronzeFiles.of(settings, versions, [D21], None).files}
    assert read == {"2026-11-21", "2026-11-25"}
    done = recompute(spark, settings, [D21])
    assert (done["accepted"], done["quarantined"]) == (2, 1)
    silver = spark.read.format("delta").load(str(settings.warehouse / "silver_request")).collect()
    assert sorted((row["file"], row["event_date"]) for row in silver) == [("21.log", D21), ("late.log", D21)]
    with pytest.raises(UserError, match="2026-11-26 has no lines"):
        recompute(spark, settings, [date(2026, 11, 26)])
