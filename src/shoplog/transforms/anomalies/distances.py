"""How far a value, and the run of values that it ends, is from what was expected."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import log2
from statistics import median

from shoplog.transforms.anomalies.expectation import Expected

_SHORT, _LONG = 24, 72  # a change: the median of the short run against that of the long run before it
_EVERY = 6  # runs are judged at each sixth value: in between they hardly move
_MOST = 9.0  # a deviation counts as nine usual ones at most in a run's unrest
_STUCK = 6  # equal values in a row that nobody would notice
_CHANGE_SHARE = 0.5  # a change is measured in twice the usual deviation: a small one is not worth a call


@dataclass(slots=True)
class Distances:
    """The last values, as far as they lie from each forecast's base, and what they tell of the newest one."""

    run: list[list[float | None]] = field(default_factory=list)
    unrest: list[float] = field(default_factory=list)
    stuck: int = 0

    def of(self, value: float, expected: Expected, bases: list[float | None], number: int) -> dict[str, float]:
        """Return, in usual deviations, how far the value with this number in the series is away, by kind of distance."""
        near, far = (value - expected.value) / expected.scale, (value - expected.usual) / expected.slow_scale
        found = {_side("point", near): abs(near), _side("level", far): abs(far)}
        away = [None if base is None else value - base for base in bases]
        self.run = [*self.run[-(_SHORT + _LONG) + 1 :], away]
        self.unrest = [*self.unrest[-_SHORT + 1 :], min(abs(near), _MOST)]
        if number % _EVERY == 0 and len(self.unrest) == _SHORT:
            found["unrest"] = sum(self.unrest) / _SHORT
            run = [one for row in self.run if (one := row[expected.speaker]) is not None]
            if len(run) == _SHORT + _LONG:
                change = (median(run[_LONG:]) - median(run[:_LONG])) / expected.slow_scale
                found[_side("change", change)] = _CHANGE_SHARE * abs(change)
        return found

    def stuck_for(self, is_same: bool) -> tuple[float, list[float]]:
        """Return how long the value has not moved, in half octaves, and the runs that just ended, to be learned.

        Half octaves: a run is told again only once it is much longer.
        """
        before = self.stuck
        self.stuck = before + 1 if is_same else 0
        ended = [] if is_same else [length / _STUCK for length in sorted({0, before})]
        return float(2 ** (int(2 * log2(1 + self.stuck / _STUCK)) / 2) - 1), ended


def _side(name: str, distance: float) -> str:
    return f"{name} {'up' if distance > 0 else 'down'}"
