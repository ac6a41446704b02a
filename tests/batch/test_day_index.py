from __future__ import annotations

from datetime import date

from shoplog.io.day_index import ingest_dates
from shoplog.settings import Settings
from tests.batch.bronze_rows import Bronze, at, line

D21, D22, D23, D25 = (date(2026, 11, day) for day in (21, 22, 23, 25))


def test_the_index_names_the_day_itself_and_the_days_its_lines_came_in(settings: Settings) -> None:
    bronze = Bronze(settings)
    bronze.stream([(0, line(at(21, 12)))], at(21, 12))
    bronze.stream([(100, line(at(21, 13)))], at(23, 12))
    bronze.bring_in([(0, line(at(21, 12)))], at(25, 12))
    bronze.stream([(0, line(at(28, 12)))], at(20, 12), file="clock-ahead.log")
    tables = {
        settings.warehouse / name: version for name, version in (("bronze_access_log", 3), ("bronze_import_log", 1))
    }
    assert ingest_dates(tables, [D21]) == [D21, D23, D25]
    assert ingest_dates(tables, [D22]) == [D22]
    # At an older version the later rows are not there yet.
    assert ingest_dates({settings.warehouse / "bronze_access_log": 1}, [D21]) == [D21]
