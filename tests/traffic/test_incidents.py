from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from shoplog.errors import UserError
from shoplog.traffic import INCIDENTS, PlannedIncident, TrafficPlan, generate

START = datetime(2026, 11, 20, 10, tzinfo=UTC)
LINES = 12_000


def plan(folder: Path, *incidents: PlannedIncident) -> TrafficPlan:
    return TrafficPlan("shop", folder / "logs", START, START + timedelta(hours=3), lines=LINES, incidents=incidents)


def lines(folder: Path) -> list[str]:
    return [line for path in sorted((folder / "logs").glob("*.log")) for line in path.read_text().splitlines()]


def minute(line: str) -> datetime:
    return datetime.strptime(line.split("[")[1][:17], "%d/%b/%Y:%H:%M").replace(tzinfo=UTC)


def test_nothing_is_written_during_an_outage(tmp_path: Path) -> None:
    truth = generate(plan(tmp_path, PlannedIncident("outage", 60)))
    written = Counter(minute(line) for line in lines(tmp_path))
    silent = [START + timedelta(minutes=n) for n in range(180) if START + timedelta(minutes=n) not in written]
    assert silent == [START + timedelta(minutes=60 + n) for n in range(10)]
    assert truth.lines_written == written.total() == truth.accepted < LINES


@pytest.mark.parametrize("kind", [kind for kind in INCIDENTS if kind != "outage"])
def test_an_incident_of_one_address_stands_between_ordinary_lines(tmp_path: Path, kind: str) -> None:
    truth = generate(plan(tmp_path, PlannedIncident(kind, 90)))
    (told,) = json.loads((tmp_path / "truth.json").read_text())["incidents"]
    own = [line for line in lines(tmp_path) if line.startswith(told["address"] + " ")]
    span, requests, _ = INCIDENTS[kind]
    assert (told["kind"], len(own)) == (kind, requests)
    assert {minute(line) for line in own} == {START + timedelta(minutes=90 + n) for n in range(span)}
    assert truth.lines_written == len(lines(tmp_path)) == LINES + requests
    late = [before - after for before, after in pairwise(map(minute, lines(tmp_path))) if after < before]
    assert max(late, default=timedelta()) <= timedelta(minutes=1)


def test_the_ordinary_lines_are_the_same_with_and_without(tmp_path: Path) -> None:
    generate(plan(tmp_path / "a"))
    generate(plan(tmp_path / "b", PlannedIncident("flood", 30), PlannedIncident("scanning", 30)))
    assert Counter(lines(tmp_path / "a")) <= Counter(lines(tmp_path / "b"))


@pytest.mark.parametrize(("kind", "after"), [("earthquake", 1), ("outage", 171), ("flood", -1)])
def test_an_incident_that_cannot_be_is_refused(tmp_path: Path, kind: str, after: int) -> None:
    with pytest.raises(UserError):
        generate(plan(tmp_path, PlannedIncident(kind, after)))
