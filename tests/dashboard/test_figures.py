"""The live figures from partials written by hand, and their reading while files come and go."""

from __future__ import annotations

import shutil
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from dashboard.read_model import LiveReadModel, live
from dashboard.read_model.figures import live_figures
from dashboard.read_model.known_files import Known, KnownFiles
from dashboard.read_model.recent import joined, split
from shoplog.contracts.proof import PUBLISHED_DAY
from shoplog.contracts.tables import GOLD_PARTIAL_LIVE
from shoplog.io.arrow import arrow_schema
from shoplog.io.commits import latest_version
from shoplog.io.duck import open_connection
from shoplog.settings import Settings

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
A_LONG_TIME_AFTER = NOON + timedelta(hours=5)


def traffic(minute: datetime, requests: int, errors: int = 0, site: str = "shop") -> dict[str, Any]:
    status = {f"status_{n}xx": 0 for n in (1, 2, 3, 4, 5)} | {"status_2xx": requests - errors, "status_5xx": errors}
    keys = {"family": "traffic", "site": site, "window_start": minute, "window_date": minute.date()}
    return {**keys, "requests": requests, **status}


def page(path: str | None, requests: int) -> dict[str, Any]:
    keys = {"family": "pages", "site": "shop", "window_start": NOON, "window_date": NOON.date()}
    return {**keys, "path": path, "requests": requests}


def visitor(visitor_id: str, minute: datetime, pages: int = 1) -> dict[str, Any]:
    keys = {"family": "visitor_minutes", "site": "shop", "window_start": minute, "window_date": minute.date()}
    return {**keys, "visitor_id": visitor_id, "visitor_pages": pages, "visitor_events": 0}


def rows(*given: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(given), schema=arrow_schema(GOLD_PARTIAL_LIVE))


def figures(
    *given: dict[str, Any], at: datetime = A_LONG_TIME_AFTER, published: pl.LazyFrame | None = None
) -> dict[str, Any]:
    partials = pl.DataFrame(pl.from_arrow(rows(*given)))
    newest = Known.of(Path("part"), partials).newest(at)
    assert newest is not None
    recent = joined([split(partials, newest)], newest, at)
    return live_figures(recent, newest, published, at, {"shop": "EUR", "other": "USD"}, open_connection())


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def test_sessions_are_open_for_30_minutes_before_the_newest_event() -> None:
    seen = (visitor("a", after(0)), visitor("a", after(20)), visitor("b", after(19)), visitor("c", after(45), pages=0))
    assert figures(traffic(after(45), 1), *seen)["open_sessions"] == 2
    assert figures(traffic(after(50), 1), *seen)["open_sessions"] == 1
    assert figures(traffic(after(50), 1))["open_sessions"] == 0


def test_a_minute_without_lines_is_zero_and_not_left_out() -> None:
    made = figures(traffic(after(0), 60, 30), traffic(after(3), 120))
    assert made["series"]["time"] == [int(after(n).timestamp()) for n in range(4)]
    assert made["series"]["requests_per_s"] == [1, 0, 0, 2]
    assert made["series"]["errors_per_s"] == [0.5, 0, 0, 0]
    assert made["requests_per_s"] == 2


@pytest.mark.parametrize(
    ("seconds", "requests", "newest_bar", "rate"),
    [
        # A minute that has just begun neither drops to nothing nor shoots up; later it counts for what it is.
        (1, 1, 0.1, round(61 / 70, 2)),
        (30, 90, 3, round(150 / 90, 2)),
        (60, 90, 1.5, 1.5),
        (300, 90, 1.5, 1.5),
    ],
)
def test_the_running_minute_is_read_by_its_seconds(seconds: int, requests: int, newest_bar: float, rate: float) -> None:
    at = after(1) + timedelta(seconds=seconds)
    made = figures(traffic(after(0), 60), traffic(after(1), requests), at=at)
    assert made["series"]["requests_per_s"] == [1, newest_bar]
    assert made["requests_per_s"] == rate
    assert made["data_as_of"] == min(at, after(2)).isoformat()
    assert made["replay"] is False


def test_a_clock_that_runs_ahead_does_not_empty_the_page() -> None:
    made = figures(traffic(after(0), 60), traffic(after(4), 1), at=after(1))
    assert (made["requests_per_s"], made["data_as_of"]) == (1, after(1).isoformat())
    assert made["status_mix"]["2xx"] == 60


def test_lines_that_were_old_when_they_came_are_a_replay() -> None:
    assert figures(traffic(NOON, 1), at=after(60))["replay"] is False
    assert figures(traffic(NOON, 1), at=after(62))["replay"] is True


def test_only_quarantined_lines_are_counted_without_a_minute(settings: Settings) -> None:
    ledger = {"family": "ledger", "window_start": NOON, "accepted": 0, "quarantined": 3, "duplicates": 0}
    write_deltalake(str(settings.warehouse / GOLD_PARTIAL_LIVE.name), rows(ledger))
    made = LiveReadModel(settings).snapshot()
    assert (made["has_lines"], made["totals"]) == (False, {"accepted": 0, "quarantined": 3, "duplicates": 0})


def test_a_path_is_cut_to_what_a_screen_can_show() -> None:
    made = figures(traffic(NOON, 9), page("/" + "x" * 1_000_000, 4), page("/a", 3), page(None, 2))
    assert made["top_pages"] == [["/" + "x" * 199 + "…", 4], ["/a", 3], [None, 2]]


@pytest.mark.parametrize(
    ("published", "status"),
    [
        ({}, "provisional"),
        ({"shop": [60]}, "provisional"),
        ({"shop": [60], "other": [5]}, "final"),
        ({"shop": [59], "other": [5]}, "final_dirty"),
        ({"shop": [59, 60], "other": [5]}, "final"),
    ],
)
def test_a_day_is_final_once_every_site_of_it_is_published(published: dict[str, list[int]], status: str) -> None:
    days = [
        {"site": site, "day": NOON.date(), "published_at": after(n), "live_requests": requests}
        for site, counts in published.items()
        for n, requests in enumerate(counts)
    ]
    table = pl.LazyFrame(pl.from_arrow(pa.Table.from_pylist(days, schema=arrow_schema(PUBLISHED_DAY))))
    made = figures(traffic(NOON, 60), traffic(NOON, 5, site="other"), published=table)
    assert made["status"] == status


@pytest.fixture
def table(settings: Settings) -> Path:
    path = settings.warehouse / GOLD_PARTIAL_LIVE.name
    write_deltalake(str(path), rows(traffic(NOON, 60)))
    return path


def test_a_published_day_is_seen_without_a_commit_of_the_partials(settings: Settings, table: Path) -> None:
    model = LiveReadModel(settings)
    assert model.snapshot()["status"] == "provisional"
    day = {"site": "shop", "day": NOON.date(), "published_at": NOON, "live_requests": 60}
    published = pa.Table.from_pylist([day], schema=arrow_schema(PUBLISHED_DAY))
    write_deltalake(str(settings.warehouse / PUBLISHED_DAY.name), published.drop_columns(["table_versions"]))
    assert model.snapshot()["status"] == "final"


def test_files_that_are_removed_while_they_are_read_do_no_harm(
    settings: Settings, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, read = LiveReadModel(settings), live.RecentFiles.rows

    def fold_first(*given: Any) -> Any:
        monkeypatch.setattr(live.RecentFiles, "rows", read)
        write_deltalake(str(table), rows(traffic(NOON, 61)), mode="overwrite")
        DeltaTable(str(table)).vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
        return read(*given)

    monkeypatch.setattr(live.RecentFiles, "rows", fold_first)
    snapshot = model.snapshot()
    assert (snapshot["version"], snapshot["status_mix"]["2xx"]) == (DeltaTable(str(table)).version(), 61)


def test_a_file_that_is_missing_for_good_is_an_error(settings: Settings, table: Path) -> None:
    for file in table.glob("*.parquet"):
        file.unlink()
    with pytest.raises((FileNotFoundError, pl.exceptions.ComputeError)):
        LiveReadModel(settings).snapshot()


def test_many_viewers_cause_one_read(settings: Settings, table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, read, reads = LiveReadModel(settings), live.live_figures, []

    def slowly(*given: Any) -> dict[str, Any]:
        reads.append(1)
        time.sleep(0.1)
        return read(*given)

    monkeypatch.setattr(live, "live_figures", slowly)
    viewers = [threading.Thread(target=model.snapshot) for _ in range(8)]
    for viewer in viewers:
        viewer.start()
    for viewer in viewers:
        viewer.join()
    assert len(reads) == 1


def test_the_newest_version_is_found_from_the_one_before(table: Path) -> None:
    assert latest_version(table, None) == 0
    write_deltalake(str(table), rows(traffic(NOON, 1)), mode="append")
    write_deltalake(str(table), rows(traffic(NOON, 1)), mode="append")
    assert latest_version(table, 0) == 2
    # The table was made anew, or old log entries were cleaned away.
    assert latest_version(table, 40) == 2
    assert latest_version(table.parent / "absent", 3) is None


def test_each_file_is_read_once_and_forgotten_once_it_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = {"family": "ledger", "accepted": 5, "quarantined": 1, "duplicates": 2}
    paths = [tmp_path / f"part {name}.parquet" for name in "abc"]
    for path, minute in zip(paths, (0, 1, 90), strict=True):
        pl.DataFrame(pl.from_arrow(rows(traffic(after(minute), 1), ledger))).write_parquet(path)
    known, read, uris = KnownFiles(pl.lit(True)), list[Path](), [str(path).replace(" ", "%20") for path in paths]
    once = pl.read_parquet

    def counted(path: Path, **more: Any) -> pl.DataFrame:
        read.append(path)
        return once(path, **more)

    monkeypatch.setattr(pl, "read_parquet", counted)
    assert known.read(uris[:2], after(60)) == (after(1), {"accepted": 10, "quarantined": 2, "duplicates": 4})
    # A clock ahead: the minute waits, its lines are counted.
    assert known.read(uris, after(60)) == (after(1), {"accepted": 15, "quarantined": 3, "duplicates": 6})
    assert known.read(uris[2:], after(90)) == (after(90), {"accepted": 5, "quarantined": 1, "duplicates": 2})
    assert read == paths
    assert known.read([], after(90)) == (None, {"accepted": 0, "quarantined": 0, "duplicates": 0})


def test_a_folded_file_counts_once_and_a_table_that_is_made_anew_is_read_anew(settings: Settings, table: Path) -> None:
    model = LiveReadModel(settings)
    assert model.snapshot()["status_mix"]["2xx"] == 60
    write_deltalake(str(table), rows(traffic(NOON, 1)), mode="append")
    assert model.snapshot()["status_mix"]["2xx"] == 61
    write_deltalake(str(table), rows(traffic(NOON, 61)), mode="overwrite")
    assert model.snapshot()["status_mix"]["2xx"] == 61
    shutil.rmtree(table)
    write_deltalake(str(table), rows(traffic(NOON, 7)))
    assert model.snapshot()["status_mix"]["2xx"] == 7
