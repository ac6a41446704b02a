"""Incidents planted into ordinary traffic on request, so that a detector can be measured: when, of what kind, by whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np

from shoplog.traffic.bots import scan
from shoplog.traffic.hits import Hit
from shoplog.traffic.plan import INCIDENTS, PlannedIncident, TrafficPlan
from shoplog.traffic.pool import Ints, Pool
from shoplog.traffic.schedule import Block
from shoplog.traffic.visitors import HUMAN_AGENTS

# Documentation addresses that no other visitor of the generator has.
_ADDRESSES = {"flood": "192.0.2.201", "brute_force": "192.0.2.202", "scanning": "192.0.2.203"}


@dataclass(frozen=True, slots=True)
class _Planted:
    """An incident's own lines: epoch seconds, in order, the visitor and the hit of each."""

    second: Ints
    visitor: int
    hit: Ints


class Planter:
    """Takes lines out of blocks where an outage is planned and puts those of the other incidents in."""

    def __init__(self, plan: TrafficPlan, pool: Pool) -> None:
        """Add the incidents' visitors and hits to the pool."""
        self._outages = [self._span(plan, one) for one in plan.incidents if one.kind == "outage"]
        parts = [self._of(plan, pool, one) for one in plan.incidents if one.kind != "outage"]
        second = np.concatenate([np.empty(0, np.int64), *(part.second for part in parts)])
        order = np.argsort(second, kind="stable")
        visitor = [np.full(len(part.second), part.visitor) for part in parts]
        self._second = second[order]
        self._visitor = np.concatenate([np.empty(0, np.int64), *visitor])[order]
        self._hit = np.concatenate([np.empty(0, np.int64), *(part.hit for part in parts)])[order]
        # Numbers that no line of the plan has: incidents have no defects.
        self._number = np.arange(len(second)) + plan.lines

    def plant(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """Yield the blocks with the incidents in them; lines stay in the order in which a server would write them."""
        done = 0
        for block in blocks:
            newest = np.maximum.accumulate(block.event_s)
            upto = int(np.searchsorted(self._second, newest[-1])) if len(newest) else done
            own = slice(done, max(done, upto))
            done = own.stop
            at = np.searchsorted(newest, self._second[own])
            whole = Block(
                np.insert(block.number, at, self._number[own]),
                np.insert(block.event_s, at, self._second[own]),
                np.insert(block.hour, at, self._second[own] // 3600),
                np.insert(block.visitor, at, self._visitor[own]),
                np.insert(block.hit, at, self._hit[own]),
            )
            yield self._without_outages(whole)

    def _without_outages(self, block: Block) -> Block:
        kept = np.ones(len(block.event_s), dtype=bool)
        for start, end in self._outages:
            kept &= (block.event_s < start) | (block.event_s >= end)
        parts = (block.number, block.event_s, block.hour, block.visitor, block.hit)
        return Block(*(part[kept] for part in parts))

    @staticmethod
    def _span(plan: TrafficPlan, incident: PlannedIncident) -> tuple[int, int]:
        start = plan.start_s + incident.after_minutes * 60
        return start, start + INCIDENTS[incident.kind][0] * 60

    def _of(self, plan: TrafficPlan, pool: Pool, incident: PlannedIncident) -> _Planted:
        start, end = self._span(plan, incident)
        rng, count = Random(plan.seed), INCIDENTS[incident.kind][1]
        hits = {"flood": _flood, "brute_force": _logins, "scanning": _scans}[incident.kind](rng)
        first, visitor = len(pool.hits), len(pool.visitors.addresses)
        pool.hits.extend(hits)
        pool.visitors.addresses.append(_ADDRESSES[incident.kind])
        pool.visitors.agents.append(HUMAN_AGENTS[0])
        second = np.linspace(start, end - 1, count).astype(np.int64)
        return _Planted(second, visitor, np.arange(count) % len(hits) + first)


def incident_truth(plan: TrafficPlan, incident: PlannedIncident) -> dict[str, Any]:
    """Return what was planted, as it stands in the truth: kind, epoch seconds, address and requests (none of an outage)."""
    minutes, requests, _ = INCIDENTS[incident.kind]
    start = plan.start_s + incident.after_minutes * 60
    address = _ADDRESSES.get(incident.kind)
    return {
        "kind": incident.kind,
        "start_s": start,
        "end_s": start + minutes * 60,
        "address": address,
        "requests": requests,
    }


def _flood(rng: Random) -> list[Hit]:
    return [Hit("/", 200, rng.randrange(9_000, 60_000)) for _ in range(50)]


def _logins(rng: Random) -> list[Hit]:
    return [Hit("/login", 401, rng.randrange(900, 1_000), "-", "POST") for _ in range(50)]


def _scans(rng: Random) -> list[Hit]:
    return [hit for _ in range(20) for hit in scan(rng).hits]
