"""What is usual at this time of the day or of the week, learned slot by slot."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median

# A slot follows its last seven days (or weeks); a strange one moves it by three times the usual spread at most.
_MEMORY = 7
_LARGEST_STEP = 3.0
_HABIT_DAYS = 3
_HABIT_SEEN = 2
_HABIT_TOLERANCE = 0.2


@dataclass(slots=True)
class Season:
    """Usual level and spread of each slot of a period, and how often the slot was seen."""

    slot_s: int
    slots: int
    level: list[float] = field(default_factory=list)
    spread: list[float] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)
    slot: int = -1
    values: list[float] = field(default_factory=list)
    errors: float = 0.0

    def __post_init__(self) -> None:
        """Fill an empty season."""
        if not self.seen:
            self.level, self.spread, self.seen = [0.0] * self.slots, [0.0] * self.slots, [0] * self.slots

    def enter(self, time_s: float, least_spread: float) -> None:
        """Move to an epoch second; a slot that ended before it is learned. Weeks begin on Thursday, as the epoch did."""
        slot = int(time_s // self.slot_s) % self.slots
        if slot != self.slot:
            if self.values:
                self._learn(self.slot, median(self.values), self.errors / len(self.values), least_spread)
            self.slot, self.values, self.errors = slot, [], 0.0

    def add(self, value: float, error: float) -> None:
        """Remember a value of the open slot and how far it was from what was expected."""
        self.values.append(value)
        self.errors += error

    def _learn(self, slot: int, level: float, spread: float, least_spread: float) -> None:
        share = max(1 / (self.seen[slot] + 1), 1 / _MEMORY)
        step = level - self.level[slot]
        if self.seen[slot] >= 2:
            limit = _LARGEST_STEP * max(self.spread[slot], least_spread)
            step = max(-limit, min(limit, step))
        self.level[slot] += share * step
        self.spread[slot] += share * (spread - self.spread[slot])
        self.seen[slot] += 1


@dataclass(slots=True)
class Habit:
    """Highest and lowest value of each slot of the last days: what comes at the same time every day is no anomaly."""

    slots: int
    day: int = -1
    lows: list[list[float | None]] = field(default_factory=list)
    highs: list[list[float | None]] = field(default_factory=list)

    def add(self, day: int, slot: int, value: float) -> None:
        """Remember a value."""
        if day != self.day:
            self.day = day
            self.lows = [*self.lows[-_HABIT_DAYS:], [None] * self.slots]
            self.highs = [*self.highs[-_HABIT_DAYS:], [None] * self.slots]
        low, high = self.lows[-1], self.highs[-1]
        low[slot] = value if (lowest := low[slot]) is None else min(lowest, value)
        high[slot] = value if (highest := high[slot]) is None else max(highest, value)

    def covers(self, day: int, slot: int, value: float, usual: float) -> bool:
        """Return whether two of the last three days went as far from `usual`, at most one slot earlier or later."""
        side, sign = (self.highs, 1) if value > usual else (self.lows, -1)
        seen = 0
        for extremes in (side[:-1] if day == self.day else side)[-_HABIT_DAYS:]:
            near = (extremes[(slot + step) % self.slots] for step in (-1, 0, 1))
            furthest = max((sign * (one - usual) for one in near if one is not None), default=0.0)
            seen += sign * (value - usual) <= furthest * (1 + _HABIT_TOLERANCE)
        return seen >= _HABIT_SEEN
