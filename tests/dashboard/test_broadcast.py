"""One look serves all who watch."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from dashboard.web import broadcast as module
from dashboard.web.broadcast import Broadcast


class Model:
    """Counts the looks; each commit is a new version."""

    def __init__(self) -> None:
        self.looks, self.version = 0, 1
        self.broken: Exception | None = None

    def snapshot(self) -> dict[str, Any]:
        self.looks += 1
        if self.broken:
            raise self.broken
        return {"version": self.version, "stale_s": float(self.looks)}


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(module, "_HEARTBEAT_S", 0.1)


async def events(told: Broadcast, count: int, for_s: float = 10, rest_s: float = 0) -> list[tuple[int, int]]:
    """Return (id, version) of so many events, of a viewer that rests after each."""
    found = []
    async for event in told.events(for_s):
        number, text, *end = event.decode().split("\n")
        assert end == ["", ""]
        found.append((int(number.removeprefix("id: ")), json.loads(text.removeprefix("data: "))["version"]))
        if len(found) == count:
            break
        await asyncio.sleep(rest_s)
    return found


async def versions(told: Broadcast, count: int, for_s: float = 10) -> list[int]:
    return [version for _, version in await events(told, count, for_s)]


def test_each_of_many_viewers_gets_every_commit_and_the_tables_are_looked_at_once() -> None:
    model = Model()
    told = Broadcast(model)  # type: ignore[arg-type]

    async def commit() -> None:
        for version in (2, 3):
            await asyncio.sleep(0.05)
            model.version = version

    async def watch() -> list[list[int]]:
        *found, _ = await asyncio.gather(*(versions(told, 3) for _ in range(200)), commit())
        return found

    assert asyncio.run(watch()) == [[1, 2, 3]] * 200
    assert model.looks < 60


def test_ids_rise_by_one_and_a_gap_says_that_a_slow_viewer_missed_some() -> None:
    told = Broadcast(Model())  # type: ignore[arg-type]

    async def watch() -> None:
        quick, slow = await asyncio.gather(events(told, 6), events(told, 2, rest_s=0.35))
        assert [number for number, _ in quick] == [1, 2, 3, 4, 5, 6]
        assert slow[0][0] == 1
        assert slow[1][0] > 2

    asyncio.run(watch())


def test_without_a_commit_it_speaks_so_that_staleness_is_seen() -> None:
    assert asyncio.run(versions(Broadcast(Model()), 3)) == [1, 1, 1]  # type: ignore[arg-type]


def test_it_stops_looking_once_nobody_watches_and_begins_anew() -> None:
    model = Model()
    told = Broadcast(model)  # type: ignore[arg-type]

    async def come_and_go() -> None:
        await versions(told, 1)
        await asyncio.sleep(0.1)
        rested = model.looks
        await asyncio.sleep(0.1)
        assert model.looks == rested
        model.version = 7
        assert await versions(told, 1) == [7]

    asyncio.run(come_and_go())


def test_what_stops_the_figures_ends_the_streams_and_the_next_viewer_looks_again() -> None:
    model = Model()
    told = Broadcast(model)  # type: ignore[arg-type]

    async def watch() -> None:
        model.broken = OSError("gone")
        with pytest.raises(RuntimeError, match="cannot be read"):
            await versions(told, 1)
        model.broken = None
        assert await versions(told, 1) == [1]

    asyncio.run(watch())


def test_a_stream_ends_after_its_time() -> None:
    assert asyncio.run(versions(Broadcast(Model()), 10**6, for_s=0.15))[:1] == [1]  # type: ignore[arg-type]
