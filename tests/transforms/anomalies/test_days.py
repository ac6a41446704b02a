from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from shoplog.contracts.anomalies import ANOMALY
from shoplog.settings import Settings
from shoplog.sites import Site, load_sites
from shoplog.traffic import INCIDENTS, PlannedIncident
from shoplog.transforms.anomalies.day import found_anomalies
from tests.transforms.anomalies.days import END, Minutes, address_id, generated, minutes_of

SCANNER = Path(__file__).parents[4] / "shared/data/access-logs/scanner-acunetix.log"
LINES = 60_000
START = END - timedelta(days=1)


@pytest.fixture
def site(settings: Settings) -> Site:
    return next(iter(load_sites(settings).values()))


def found(minutes: Minutes) -> pl.DataFrame:
    rows = found_anomalies(*minutes, {}, set())
    assert rows.columns == [column.name for column in ANOMALY][: len(rows.columns)]
    return rows


@pytest.mark.parametrize("seed", range(1, 4))
@pytest.mark.parametrize("lines", [8_000, LINES])
def test_a_quiet_day_is_quiet_without_any_history(tmp_path: Path, site: Site, seed: int, lines: int) -> None:
    assert len(found(generated(tmp_path, site, lines, seed))) <= 1


def test_quiet_days_stay_quiet_with_history(tmp_path: Path, site: Site) -> None:
    assert len(found(generated(tmp_path, site, 90_000, 7, days=3))) <= 1


@pytest.mark.parametrize("kind", [kind for kind in INCIDENTS if kind != "outage"])
@pytest.mark.parametrize("hour", [4])
def test_a_planted_incident_is_one_anomaly_that_names_the_address(
    tmp_path: Path, site: Site, kind: str, hour: int
) -> None:
    rows = found(generated(tmp_path, site, LINES, 1, PlannedIncident(kind, hour * 60)))
    (row,) = rows.to_dicts()
    assert (row["kind"], row["pattern"]) == ("visitor", kind)
    assert row["subject"] == address_id(
        {"flood": "192.0.2.201", "brute_force": "192.0.2.202"}.get(kind, "192.0.2.203"), site.name
    )
    began = START + timedelta(hours=hour)
    assert began <= row["window_start"] <= began + timedelta(minutes=2)
    assert row["window_end"] == began + timedelta(minutes=INCIDENTS[kind][0])
    assert row["actual"] >= row["upper"]
    assert kind in row["why"]


@pytest.mark.parametrize(
    ("kind", "hour", "lines"),
    [
        ("outage", 15, LINES),
        ("outage", 4, 200_000),
        ("flood", 4, LINES),
        ("brute_force", 15, LINES),
        ("scanning", 15, LINES),
    ],
)
def test_a_planted_incident_is_found_within_three_minutes(
    tmp_path: Path, site: Site, kind: str, hour: int, lines: int
) -> None:
    """Minute by minute, as the stream does it."""
    minutes = generated(tmp_path, site, lines, 2, PlannedIncident(kind, hour * 60))
    watches, known, began = {}, set(), START + timedelta(hours=hour)
    upto = minutes.traffic.filter(pl.col("window_start") < began)
    before = minutes.visitors.filter(pl.col("window_start") < began)
    assert len(found_anomalies(upto, before, watches, known)) <= 1
    for after in range(20):
        until = began + timedelta(minutes=after)
        rows = found_anomalies(
            minutes.traffic.filter(pl.col("window_start") <= until),
            minutes.visitors.filter(pl.col("window_start").is_between(until - timedelta(minutes=10), until)),
            watches,
            known,
            until + timedelta(minutes=1),
        )
        if len(rows):
            break
    first = rows.row(0, named=True)
    assert after + 1 <= 3
    assert (first["pattern"], first["window_start"] - began <= timedelta(minutes=2)) == (kind, True)


def test_an_outage_is_one_critical_incident_with_its_whole_length(tmp_path: Path, site: Site) -> None:
    (row,) = found(generated(tmp_path, site, LINES, 3, PlannedIncident("outage", 20 * 60))).to_dicts()
    began = START + timedelta(hours=20)
    assert (row["pattern"], row["severity"], row["actual"], row["subject"]) == ("outage", "critical", 0, None)
    assert began <= row["window_start"] <= began + timedelta(minutes=2)
    assert row["window_end"] == began + timedelta(minutes=10)
    assert row["expected"] > 20
    assert 0 <= row["lower"] < row["expected"] < row["upper"]


def test_stream_and_batch_find_the_same(tmp_path: Path, site: Site) -> None:
    minutes = generated(tmp_path, site, LINES, 4, PlannedIncident("outage", 600), PlannedIncident("brute_force", 900))
    watches, known, live = {}, set(), []
    for hour in range(24):
        until = START + timedelta(hours=hour + 1)
        window = pl.col("window_start").is_between(until - timedelta(minutes=70), until, closed="left")
        part = found_anomalies(
            minutes.traffic.filter(pl.col("window_start") < until), minutes.visitors.filter(window), watches, known
        )
        live.append(part)
    columns = ["kind", "pattern", "window_start", "subject"]
    assert pl.concat(live).select(columns).unique().sort(columns).equals(found(minutes).select(columns).sort(columns))


@pytest.mark.skipif(not SCANNER.is_file(), reason="the scanner's log is not beside the checkout")
def test_the_scanners_run_is_one_anomaly_of_scanning(tmp_path: Path, site: Site) -> None:
    lines = [line.strip().strip('"') for line in SCANNER.read_text().splitlines()]
    (tmp_path / "scanner.log").write_text("\n".join(f'{line}"' for line in lines) + "\n")
    day = datetime.strptime(lines[0].split("[")[1][:11], "%d/%b/%Y").date()
    (row,) = found(minutes_of([tmp_path / "scanner.log"], site, dict.fromkeys(_around(day), b"salt"))).to_dicts()
    assert (row["kind"], row["pattern"]) == ("visitor", "scanning")
    assert row["subject"] is not None


def _around(day: date) -> list[date]:
    return [day + timedelta(days=n) for n in (-1, 0, 1)]
