"""One line after the other: a good one, or one with the defect that the plan has for it."""

from __future__ import annotations

import time
from random import Random

from shoplog.traffic.agents import HOSTILE, PLACE
from shoplog.traffic.defects import places, spoil
from shoplog.traffic.lines import Renderer
from shoplog.traffic.plan import DEFECTS, TrafficPlan
from shoplog.traffic.pool import Pool
from shoplog.traffic.truth import TruthReport
from shoplog.traffic.truth_lines import Facts

_FUTURE_S = 2 * 3600


class LineMaker:
    """Makes each line with its defect and counts the truth of it."""

    def __init__(self, plan: TrafficPlan, pool: Pool, truth: TruthReport) -> None:
        """Render the pool's hits and place the plan's defects."""
        self._plan, self._pool, self._truth = plan, pool, truth
        self._renderer = Renderer(plan.log_format, pool.hits)
        self._paths = [hit.path for hit in pool.hits]
        self._confirms = [hit.event == "purchase" for hit in pool.hits]
        self.agents = [PLACE[agent] for agent in pool.visitors.agents]
        self._defects = places(plan)
        self._rng = Random(plan.seed)
        self._last: tuple[bytes, tuple[int, str, int, int, tuple[str, str], str], Facts] | None = None
        # (visitor, value) of an order -> its number, for pages that are shown again.
        self._orders: dict[tuple[int, int], int] = {}
        # Lines whose facts are not what the schedule says; None: refused.
        self.changed: dict[int, Facts | None] = {}

    def make(self, number: int, second: int, visitor: int, index: int) -> bytes:
        """Return the line with this number."""
        kind = self._defects.get(number)
        file = second // 3600
        people, hit, truth = self._pool.visitors, self._pool.hits[index], self._truth
        if kind == "repeated" and self._last is not None:
            raw, counted, self.changed[number] = self._last
            truth.repeated += 1
            truth.accept(*counted)
            truth.count_late(file, counted[0])
            return raw
        address, agent, order = people.addresses[visitor], people.agents[visitor], number
        if self._confirms[index]:
            order = self._orders.get((visitor, hit.cents), number) if hit.again else number
            self._orders[visitor, hit.cents] = order
        if kind == "hostile":
            agent = HOSTILE[number % len(HOSTILE)].text
        elif kind == "late":
            # Late by one to three hours, but never before the plan's first event time.
            second = max(self._plan.start_s, second - self._rng.randrange(3600, 3 * 3600))
        elif kind == "future":
            second = int(time.time()) + _FUTURE_S
        status = self._rng.choice(("999", "99")) if kind == "bad_status" else None
        line = self._renderer.line(second, address, agent, index, order, status)
        reason = DEFECTS[kind] if kind else None
        if reason is None:
            facts = (second, visitor, PLACE[agent] if kind == "hostile" else self.agents[visitor], index, order)
            if kind is not None or order != number:
                self.changed[number] = facts
            counted = (second, self._paths[index], hit.status, hit.bytes_sent, (address, agent), hit.event)
            raw = line.encode()
            truth.accept(*counted)
            truth.count_late(file, second)
            if self._confirms[index]:
                truth.confirm(order, hit.cents)
            self._last = (raw, counted, facts)
            return raw
        truth.quarantined[reason] += 1
        self.changed[number] = None
        if kind == "bad_time":
            return self._renderer.with_bad_time(line, second).encode()
        return line.encode() if kind in ("future", "bad_status") else spoil(str(kind), line, self._rng)
