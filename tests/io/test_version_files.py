"""The files of any version that the log tells are those that deltalake lists of it."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import DeltaError

from shoplog.errors import UserError
from shoplog.io.transactions import paths_of
from shoplog.io.version_files import files_at

DAYS = [date(2026, 11, day) for day in (20, 21, 22)]
Step = Callable[[Path, random.Random], None]


def append(path: Path, drawn: random.Random) -> None:
    days = drawn.sample(DAYS, drawn.randint(1, len(DAYS)))
    rows = pl.DataFrame({"event_date": days, "requests": range(len(days))}).to_arrow()
    write_deltalake(str(path), rows, partition_by=["event_date"], mode="append")


def overwrite(path: Path, drawn: random.Random) -> None:
    day = drawn.choice(DAYS)
    rows = pl.DataFrame({"event_date": [day], "requests": [drawn.randrange(9)]}).to_arrow()
    write_deltalake(str(path), rows, mode="overwrite", predicate=f"event_date = '{day}'")


def compact(path: Path, _: random.Random) -> None:
    DeltaTable(str(path)).optimize.compact()


def delete(path: Path, drawn: random.Random) -> None:
    DeltaTable(str(path)).delete(f"requests = {drawn.randrange(3)}")


def restore(path: Path, drawn: random.Random) -> None:
    table = DeltaTable(str(path))
    table.restore(drawn.randrange(table.version()))


def checkpoint(path: Path, _: random.Random) -> None:
    DeltaTable(str(path)).create_checkpoint()


def describe(path: Path, drawn: random.Random) -> None:
    DeltaTable(str(path)).alter.set_table_description(f"of {drawn.random()}")


STEPS: tuple[Step, ...] = (append, append, overwrite, overwrite, compact, delete, restore, checkpoint, describe)


def made(path: Path, seed: int, steps: int = 16) -> int:
    """Make a table by steps that are drawn; return its newest version."""
    drawn = random.Random(seed)
    append(path, drawn)
    append(path, drawn)
    for _ in range(steps):
        drawn.choice(STEPS)(path, drawn)
    return DeltaTable(str(path)).version()


def listed(path: Path, version: int, day: date) -> list[str]:
    return sorted(map(str, paths_of(DeltaTable(str(path), version=version), f"event_date = '{day}'")))


@pytest.mark.parametrize("seed", range(4))
def test_every_version_has_the_files_that_deltalake_lists(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "a home of 100%" / "gold_traffic_1m"
    newest = made(path, seed)
    every = [(version, day) for version in range(newest + 1) for day in DAYS]
    right = {pin: listed(path, *pin) for pin in every}
    assert len({tuple(files) for files in right.values()}) > 5
    assert files_at(path, every) == right
    some = random.Random(seed).sample(every, 5)
    assert files_at(path, some) == {pin: right[pin] for pin in some}


def test_entries_that_were_cleaned_away_are_told_by_a_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "gold_traffic_1m"
    made(path, 1, steps=10)
    kept = DeltaTable(str(path)).version()
    checkpoint(path, random.Random(1))
    made(path, 2, steps=10)
    pins = [(version, day) for version in (kept, DeltaTable(str(path)).version()) for day in DAYS]
    right = {pin: listed(path, *pin) for pin in pins}
    for version in range(kept + 1):
        (path / f"_delta_log/{version:020d}.json").unlink()
    assert files_at(path, pins) == right
    with pytest.raises(DeltaError):
        files_at(path, [(kept - 1, DAYS[0]), *pins])


def test_a_hole_between_two_versions_is_told_by_a_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "gold_traffic_1m"
    newest = made(path, 3, steps=10)
    checkpoint(path, random.Random(3))
    pins = [(version, day) for version in (1, newest) for day in DAYS]
    right = {pin: listed(path, *pin) for pin in pins}
    (path / f"_delta_log/{newest - 1:020d}.json").unlink()
    assert files_at(path, pins) == right


def test_a_damaged_entry_is_named(tmp_path: Path) -> None:
    path = tmp_path / "gold_traffic_1m"
    newest = made(path, 4, steps=4)
    entry = path / f"_delta_log/{newest:020d}.json"
    entry.write_text('{"add": ')
    with pytest.raises(UserError, match=f"{entry.name} is damaged"):
        files_at(path, [(0, DAYS[0]), (newest, DAYS[0])])
