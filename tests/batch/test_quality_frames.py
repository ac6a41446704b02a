"""Frames of real tables: what the suites see of a day, and what they see where nothing is."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import pytest

from jobs.batch.quality import LOOKED_AT
from jobs.batch.quality_frames import day_frames, measured_days
from shoplog.contracts.families import FAMILIES
from shoplog.contracts.quality import MEASURES
from shoplog.contracts.tables import QUALITY_MEASURE
from shoplog.io.duck import dataset, open_connection
from shoplog.settings import Settings
from shoplog.transforms.usual import usual
from tests.batch.bronze_rows import Bronze, at, line

D20 = date(2026, 11, 20)
OF = {measure.name: measure for measure in MEASURES}


def opened(settings: Settings) -> duckdb.DuckDBPyConnection:
    connection = open_connection()
    for table in {*LOOKED_AT.values(), QUALITY_MEASURE.name}:
        connection.register(table, dataset(settings, table, None))
    return connection


def test_where_no_table_is_there_every_side_is_missing(settings: Settings) -> None:
    frames = day_frames(opened(settings), D20, is_over=True)
    assert all(frames[name].empty for name in ("ledger", "windows", "parity", "certificate", "volume"))
    assert frames[FAMILIES[0].table]["minimum"].isna().all()
    assert len(frames[FAMILIES[0].table]) > 5
    assert frames["gold_orders_1d"].empty, "a day may be without orders"


def test_a_day_is_measured_by_what_came_in_on_it(settings: Settings) -> None:
    bronze = Bronze(settings)
    bronze.stream(
        [(100 * n, line(at(20, 12, n), status=404 if n % 4 == 0 else 200)) for n in range(40)], at(20, 12, 40)
    )
    bronze.stream([(0, b"nonsense"), (100, line(at(20, 13)))], at(20, 13), file="b.log")
    bronze.stream([(0, line(at(20, 13)))], at(20, 13), "duplicate", file="b.log")
    bronze.stream([(0, line(at(20, 12)))], at(21, 9), file="late.log")
    measured = {(day, name): value for day, _, name, value in measured_days(opened(settings), [D20])}
    assert {day for day, _ in measured} == {D20}
    found = {name: value for (_, name), value in measured.items()}
    assert found["requests"] == 41
    assert found["client_error_share"] == pytest.approx(10 / 41)
    assert found["unparsable_share"] == pytest.approx(1 / 42)
    assert found["duplicate_share"] == pytest.approx(1 / 43)
    assert found["slowest_clock_s"] == pytest.approx(20.5 * 60)
    assert set(found) == set(OF)


def history(*values: float) -> dict[date, float]:
    return {D20 - timedelta(days=n): value for n, value in enumerate(values, 1)}


def test_fewer_than_five_days_say_nothing() -> None:
    assert usual(OF["requests"], D20, 5.0, 5.0, history(1000, 1000, 1000, 1000)) is None


def test_a_site_that_falls_silent_is_far_below_its_band() -> None:
    band = usual(OF["requests"], D20, 0.0, 0.0, history(*[1000.0] * 10))
    assert band is not None
    assert band.deviation < -1
    assert 450 < band.low < 1000 < band.high < 2200


def test_one_strange_day_before_moves_nothing() -> None:
    band = usual(OF["bot_share"], D20, 0.2, 5000, history(*[0.2] * 9, 0.99))
    assert band is not None
    assert abs(band.deviation) < 0.1


def test_a_quiet_weekday_is_held_against_its_own_kind() -> None:
    weeks = {D20 - timedelta(days=n): 100.0 if n % 7 == 0 else 1000.0 for n in range(1, 29)}
    quiet, busy = usual(OF["requests"], D20, 100.0, 100.0, weeks), usual(OF["requests"], D20, 1000.0, 1000.0, weeks)
    assert quiet is not None
    assert busy is not None
    assert abs(quiet.deviation) < 0.1
    assert busy.deviation > 1


def test_of_few_requests_chance_alone_is_large() -> None:
    few = usual(OF["server_error_share"], D20, 0.1, 20, history(*[0.0] * 10))
    many = usual(OF["server_error_share"], D20, 0.1, 20_000, history(*[0.0] * 10))
    assert few is not None
    assert many is not None
    assert few.deviation < 1 < many.deviation
