"""Writes a plan's lines into time-named files and the truth beside them."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from itertools import groupby
from random import Random

from shoplog.traffic.defects import HOSTILE_AGENTS, places, spoil
from shoplog.traffic.incidents import Planter, incident_truth
from shoplog.traffic.lines import Renderer
from shoplog.traffic.plan import DEFECTS, TrafficPlan, check_plan
from shoplog.traffic.pool import Pool, make_pool
from shoplog.traffic.schedule import blocks
from shoplog.traffic.truth import TruthReport
from shoplog.traffic.write import PacedWriter

_FUTURE_S = 2 * 3600


@cache
def _file_name(hour: int) -> str:
    return datetime.fromtimestamp(hour * 3600, UTC).strftime("access-%Y%m%d-%H.log")


class _Lines:
    """Makes each line with its defect and counts the truth of it."""

    def __init__(self, plan: TrafficPlan, pool: Pool, truth: TruthReport) -> None:
        self._plan, self._pool, self._truth = plan, pool, truth
        self._renderer = Renderer(plan.log_format, pool.hits)
        self._paths = [hit.url.partition("?")[0] for hit in pool.hits]
        self._defects = places(plan)
        self._rng = Random(plan.seed)
        self._last: tuple[bytes, tuple[int, str, int, int, tuple[str, str], str]] | None = None

    def make(self, number: int, second: int, visitor: int, index: int) -> bytes:
        """Return the line with this number."""
        kind = self._defects.get(number)
        people, hit, truth = self._pool.visitors, self._pool.hits[index], self._truth
        if kind == "repeated" and self._last is not None:
            raw, counted = self._last
            truth.repeated += 1
            truth.accept(*counted)
            return raw
        address, agent = people.addresses[visitor], people.agents[visitor]
        if kind == "hostile":
            agent = HOSTILE_AGENTS[number % len(HOSTILE_AGENTS)]
        elif kind == "late":
            # Late by one to three hours, but never before the plan's first event time.
            second = max(self._plan.start_s, second - self._rng.randrange(3600, 3 * 3600))
            truth.late += 1
        elif kind == "future":
            second = int(time.time()) + _FUTURE_S
        status = self._rng.choice(("999", "99")) if kind == "bad_status" else None
        line = self._renderer.line(second, address, agent, index, number, status)
        reason = DEFECTS[kind] if kind else None
        if reason is None:
            counted = (second, self._paths[index], hit.status, hit.bytes_sent, (address, agent), hit.event)
            raw = line.encode()
            truth.accept(*counted)
            if hit.cents:
                truth.orders += 1
                truth.revenue_cents += hit.cents
            self._last = (raw, counted)
            return raw
        truth.quarantined[reason] += 1
        if kind == "bad_time":
            return self._renderer.with_bad_time(line, second).encode()
        return line.encode() if kind in ("future", "bad_status") else spoil(str(kind), line, self._rng)


def generate(plan: TrafficPlan, progress: Callable[[int], None] | None = None) -> TruthReport:
    """Write the plan's lines at its rate and the truth beside the log folder; return the truth.

    `progress` is told the lines written so far. Raises `UserError` where the plan cannot be written.
    """
    check_plan(plan)
    pool = make_pool(plan.seed, plan.site)
    planter = Planter(plan, pool)
    truth = TruthReport(plan.seed, plan.start.isoformat(), plan.end.isoformat())
    truth.incidents = [incident_truth(plan, one) for one in plan.incidents]
    lines = _Lines(plan, pool, truth)
    with PacedWriter(plan.log_dir, plan.rate) as writer:
        step = writer.chunk_lines
        for block in planter.plant(blocks(plan, pool)):
            events, visitors, hits = block.event_s.tolist(), block.visitor.tolist(), block.hit.tolist()
            numbers = block.number.tolist()
            for hour, group in groupby(range(len(events)), key=block.hour.tolist().__getitem__):
                places = list(group)
                for first in range(0, len(places), step):
                    chunk = [
                        lines.make(numbers[i], events[i], visitors[i], hits[i]) for i in places[first : first + step]
                    ]
                    truth.wrote(_file_name(hour), len(chunk), writer.write(_file_name(hour), chunk))
                    if progress is not None:
                        progress(truth.lines_written)
    truth.write(plan.log_dir.parent / "truth.json")
    return truth
