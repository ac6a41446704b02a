"""When things happen: blocks of hits in the order in which a server would write them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from shoplog.traffic.plan import TrafficPlan
from shoplog.traffic.pool import BAD, GOOD, Floats, Ints, Pool

BLOCK_LINES = 16_384
# Visits under way are kept in memory; at very high rates visits are made quicker instead of more.
MOST_PENDING = 400_000
# A server writes a line when the answer is out, so lines stand up to 2 s out of order.
JITTER_S = 1.9
VISIT_SHARE = 0.93
# Relative traffic by hour of the day: quiet at night, a peak in the evening.
HOURS = (3, 2, 1.5, 1.2, 1.2, 1.6, 2.6, 4, 5.2, 6, 6.5, 7, 7.4, 7, 6.6, 6.6, 7, 7.8, 9, 10.4, 11, 10, 7.5, 5)


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive lines: number, event time (epoch seconds), hour of the file, visitor and hit of each."""

    number: Ints
    event_s: Ints
    hour: Ints
    visitor: Ints
    hit: Ints


class Curve:
    """The daily curve over [start, end): from a line's number to its event time."""

    def __init__(self, plan: TrafficPlan) -> None:
        """Sum the curve up on a grid of at most one minute."""
        self._times = np.linspace(plan.start_s, plan.end_s, max(3, (plan.end_s - plan.start_s) // 60 + 2))
        middles = (self._times[1:] + self._times[:-1]) / 2
        weights = np.interp(middles % 86_400 / 3600, np.arange(25), (*HOURS, HOURS[0]))
        self._lines = np.concatenate(([0.0], np.cumsum(weights))) * (plan.lines / weights.sum())

    def time_of(self, line: Floats | Ints | float) -> Floats:
        """Return the event times (epoch seconds) at these line numbers."""
        return np.asarray(np.interp(line, self._lines, self._times), dtype=np.float64)


def blocks(plan: TrafficPlan, pool: Pool) -> Iterator[Block]:
    """Yield the plan's lines, all good, block by block; visits run on from one block to the next."""
    curve = Curve(plan)
    pace = _pace(plan, pool)
    pending = _Lines.empty()
    for number, first in enumerate(range(0, plan.lines, BLOCK_LINES)):
        rng = np.random.default_rng((plan.seed, number))
        count = min(BLOCK_LINES, plan.lines - first)
        if first == 0:  # visits that began before the start are under way at the start
            pending = _warm_up(rng, plan, pool, curve, pace)
        starts = curve.time_of(rng.random(rng.poisson(VISIT_SHARE * count / pool.mean_length)) * count + first)
        pending = pending.join(_visits(rng, pool, starts, pace))
        begin, stop = float(curve.time_of(first)), float(curve.time_of(first + count))
        due = pending.order < stop
        ready, pending = pending.take(due), pending.take(~due)
        yield _block(_exactly(rng, ready, pool, count, begin, stop), first)


@dataclass(frozen=True, slots=True)
class _Lines:
    order: Floats
    time: Floats
    visitor: Ints
    hit: Ints

    @classmethod
    def empty(cls) -> _Lines:
        return cls(np.empty(0), np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64))

    def take(self, which: Ints | np.ndarray[tuple[int], np.dtype[np.bool_]]) -> _Lines:
        return _Lines(self.order[which], self.time[which], self.visitor[which], self.hit[which])

    def join(self, other: _Lines) -> _Lines:
        return _Lines(
            np.concatenate((self.order, other.order)),
            np.concatenate((self.time, other.time)),
            np.concatenate((self.visitor, other.visitor)),
            np.concatenate((self.hit, other.hit)),
        )


def _pace(plan: TrafficPlan, pool: Pool) -> float:
    pending = plan.lines / (plan.end_s - plan.start_s) * 1.8 * pool.mean_seconds
    return min(1.0, MOST_PENDING / pending)


def _warm_up(rng: np.random.Generator, plan: TrafficPlan, pool: Pool, curve: Curve, pace: float) -> _Lines:
    probe = min(plan.lines, max(1.0, plan.lines / 1000))
    per_second = probe / max(float(curve.time_of(probe)) - plan.start_s, 1e-9)
    back = float(pool.seconds.max()) * pace
    starts = plan.start_s - rng.random(rng.poisson(VISIT_SHARE * per_second * back / pool.mean_length)) * back
    lines = _visits(rng, pool, starts, pace)
    return lines.take(lines.time >= plan.start_s)


def _visits(rng: np.random.Generator, pool: Pool, starts: Floats, pace: float) -> _Lines:
    visit = rng.integers(0, len(pool.first), len(starts))
    people, kind = pool.visitors, pool.kind[visit]
    # The square makes some visitors come back often.
    who = (rng.random(len(starts)) ** 2 * people.good_from).astype(np.int64)
    who = np.where(kind == GOOD, rng.integers(people.good_from, people.bad_from, len(starts)), who)
    who = np.where(kind == BAD, rng.integers(people.bad_from, people.bad_to, len(starts)), who)
    length = pool.length[visit]
    within = np.arange(int(length.sum())) - np.repeat(np.cumsum(length) - length, length)
    hit = np.repeat(pool.first[visit], length) + within
    time = np.repeat(starts, length) + pool.seconds[hit] * pace
    return _Lines(time + _jitter(rng, len(time)), time, np.repeat(who, length), hit)


def _jitter(rng: np.random.Generator, count: int) -> Floats:
    late = rng.random(count)
    return np.where(late < 0.1, late * 10 * JITTER_S, 0.0)


def _exactly(rng: np.random.Generator, ready: _Lines, pool: Pool, count: int, begin: float, stop: float) -> _Lines:
    surplus = len(ready.time) - count
    if surplus > 0:  # as if a cache in front had answered
        return ready.take(np.sort(rng.permutation(len(ready.time))[:count]))
    time = begin + rng.random(-surplus) * (stop - begin)
    who = rng.integers(pool.visitors.good_from, pool.visitors.bad_from, -surplus)
    return ready.join(_Lines(time, time, who, rng.choice(pool.fill, -surplus)))


def _block(lines: _Lines, first_line: int) -> Block:
    event_s = np.floor(lines.time).astype(np.int64)
    hour = event_s // 3600
    order = np.lexsort((lines.order, hour))
    return Block(
        first_line + np.arange(len(order)), event_s[order], hour[order], lines.visitor[order], lines.hit[order]
    )
