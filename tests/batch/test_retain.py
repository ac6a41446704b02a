"""What is older than its layer is kept leaves, and the ledger, published figures and what comes later are as before."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from jobs.batch.maintain import maintain
from jobs.batch.recompute import recompute, recompute_gold
from jobs.batch.retain import retire_lines
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, BRONZE_IMPORT_LOG, QUARANTINE_ACCESS_LOG, SILVER_REQUEST
from shoplog.errors import UserError
from shoplog.io.gone import retained_days
from shoplog.io.pins import pinned_versions
from shoplog.io.query import run_sql
from shoplog.io.salts import living_salts
from shoplog.io.version_files import files_at
from shoplog.ledger.landed import landed_files, landed_lines
from shoplog.settings import Settings
from tests.batch.bronze_rows import Bronze, at, line
from tests.report.warehouse import DAY, Warehouse, days_after, request

BODY = line(at(20, 11))
KEPT = {"bronze_days": 8, "silver_days": 8, "quarantine_days": 8}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update=KEPT)


def rows_of(settings: Settings, table: str) -> int:
    return pl.read_delta(str(settings.warehouse / table)).height


def retire(settings: Settings, now: datetime) -> list[int]:
    """Remove old lines; return of how many days."""
    tables = (BRONZE_ACCESS_LOG, BRONZE_IMPORT_LOG)
    return [retire_lines(settings, table, now, nullcontext(), lambda: None) for table in tables]


def test_old_lines_leave_by_whole_days_and_stay_in_the_ledger(settings: Settings) -> None:
    bronze = Bronze(settings)
    bronze.stream([(0, BODY), (len(BODY) + 1, b"broken")], at(20, 12))
    bronze.stream([(0, BODY)], at(20, 13), "duplicate")
    bronze.stream([(len(BODY) + 8, BODY)], at(22, 12))
    bronze.bring_in([(0, BODY)], at(20, 14), "b.log")
    before = landed_files(landed_lines(settings))
    assert retire(settings, at(28, 12)) == [0, 0], "eight days are not over"
    assert retire(settings, at(29, 12)) == [1, 1]
    assert (rows_of(settings, BRONZE_ACCESS_LOG.name), rows_of(settings, BRONZE_IMPORT_LOG.name)) == (1, 0)
    after = landed_files(landed_lines(settings))
    assert {key: row.chain_ends for key, row in after.items()} == {key: row.chain_ends for key, row in before.items()}
    (file,) = (row for key, row in after.items() if key[2] == "a.log")
    assert (file.accepted, file.quarantined, file.duplicates, file.erased) == (2, 1, 1, 0)
    assert retire(settings, at(29, 12)) == [0, 0]
    assert retained_days(settings) == {date(2026, 11, 20)}


def test_a_day_without_its_lines_is_not_made_of_what_is_left(settings: Settings) -> None:
    bronze = Bronze(settings)
    bronze.stream([(0, BODY)], at(20, 12))
    bronze.stream([(len(BODY) + 1, BODY)], at(22, 12))
    retire(settings, at(29, 12))
    session: Any = None
    with pytest.raises(UserError, match="2026-11-20 has lines that are older than SHOPLOG_BRONZE_DAYS"):
        recompute(session, settings, [date(2026, 11, 20)])


def test_a_removal_that_broke_off_counts_no_line_twice(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from jobs.batch import retain

    bronze = Bronze(settings)
    bronze.bring_in([(0, BODY)], at(20, 12))

    def fails(*_: object, **__: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(retain, "replace_files", fails)
        with pytest.raises(OSError, match="disk full"):
            retire(settings, at(29, 12))
    assert retire(settings, at(29, 12)) == [0, 1]
    (file,) = landed_files(landed_lines(settings)).values()
    assert (file.accepted, file.imported) == (1, 1)


def test_maintenance_removes_silver_and_published_figures_stay(settings: Settings) -> None:
    shop = Warehouse(settings)
    for day in (DAY, days_after(5)):
        moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        rows = [request(event_time=moment)]
        shop.stream(rows)
        shop.recompute(rows, day)
        shop.nightly(SILVER_REQUEST.name, [{**rows[0]} | {"event_date": day}], day)
        shop.publish(moment + timedelta(days=1), day, live_requests=1)
    figures = "select window_start, requests, status from gold_traffic_1m_now order by all"
    before = run_sql(settings, figures)
    now = datetime(2026, 11, 29, 3, tzinfo=UTC)
    maintain(settings, now)
    days = pl.read_delta(str(settings.warehouse / SILVER_REQUEST.name))["event_date"].to_list()
    assert days == [days_after(5)]
    assert run_sql(settings, figures) == before
    (pinned,) = pinned_versions(settings, now)[SILVER_REQUEST.name]
    held = files_at(settings.warehouse / SILVER_REQUEST.name, [(pinned, DAY)])
    assert held == {(pinned, DAY): []}, "no version is needed that has the day"
    session: Any = None
    with pytest.raises(UserError, match="was not recomputed yet"):
        recompute_gold(session, settings, [DAY])


def test_without_settings_everything_is_kept(settings: Settings) -> None:
    forever = settings.model_copy(update=dict.fromkeys(KEPT))
    Bronze(forever).stream([(0, BODY)], at(20, 12))
    assert retire(forever, datetime(2036, 1, 1, tzinfo=UTC)) == [0, 0]
    assert QUARANTINE_ACCESS_LOG.partition_by == ("ingest_date",)


def test_maintenance_buries_dead_salts_though_no_line_comes(settings: Settings) -> None:
    folder = settings.secrets_dir / "salts"
    living_salts(folder, at(20, 12))
    alive = folder / "2026-11-20.salt"
    maintain(settings, at(22, 23))
    assert alive.exists()
    maintain(settings, at(23, 0))
    assert not alive.exists(), "48 hours after its day"
