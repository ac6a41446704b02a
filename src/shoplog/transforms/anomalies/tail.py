"""How rare a value is among those seen before: a histogram on a log scale, with a tail beyond the record."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, log, log2, log10

# Eight bins an octave: two values within 9 % of each other are the same.
_BINS_PER_OCTAVE = 8
_NATS_PER_BIN = log(2) / _BINS_PER_OCTAVE
# Old values lose half their weight after this many new ones: two days of minutes, ten days of five minutes.
_HALF_LIFE = 2880
_DECAY_EVERY = 64
_DECAY = 0.5 ** (_DECAY_EVERY / _HALF_LIFE)
_LEAST_MASS = 1e-4
# The tail's shape is Hill's estimate over the highest hundredth, drawn towards 0.2 (a little heavier than a normal tail) with
# the weight of twenty values; never below 0.1, so that a series of few distinct values does not make each new one a wonder.
_TAIL_SHARE = 0.01
_PRIOR_SHAPE = 0.2
_PRIOR_WEIGHT = 20.0
_LEAST_SHAPE = 0.1
# A record counts once half a value stands behind it: the values of an incident are learned with a small weight.
_RECORD_WEIGHT = 0.5


@dataclass(slots=True)
class Tail:
    """Surprise of values at or above 0: minus the base-10 logarithm of the share of earlier values that were as high."""

    bins: list[float] = field(default_factory=list)
    weight: float = 0.0
    added: int = 0
    record: int = -1
    shape: float = _PRIOR_SHAPE
    is_stale: bool = False

    def add(self, value: float, weight: float = 1.0) -> None:
        """Learn a value."""
        place = _place(value)
        if place >= len(self.bins):
            self.bins.extend([0.0] * (place + 1 - len(self.bins)))
        self.bins[place] += weight
        self.weight += weight
        self.added += 1
        self.is_stale = self.is_stale or place >= self.record
        if self.added % _DECAY_EVERY == 0:
            self.bins = [mass * _DECAY if mass > _LEAST_MASS else 0.0 for mass in self.bins]
            self.weight = sum(self.bins)
            self.is_stale = True

    def surprise(self, value: float) -> float:
        """Return how surprising a value is; 0 without history."""
        self._look()
        place = _place(value)
        if self.record < 0:
            return 0.0
        if place > self.record:
            return log10((self.weight + 1) * 2) + (place - self.record) * _NATS_PER_BIN / self.shape / log(10)
        above = sum(self.bins[place + 1 :]) + self.bins[place] / 2
        return log10((self.weight + 1) / (above + 0.5))

    def reach(self, surprise: float) -> float:
        """Return the value that would be this surprising; never below the record."""
        self._look()
        beyond = max(0.0, surprise - log10((self.weight + 1) * 2)) * log(10) * self.shape
        return float(2 ** ((max(self.record, 0) + 1) / _BINS_PER_OCTAVE) * exp(beyond) - 1)

    def _look(self) -> None:
        """Find the record and the tail's shape anew where values have moved them."""
        if not self.is_stale:
            return
        self.record, self.is_stale = -1, False
        heaps: list[tuple[int, float]] = []
        mass, place = 0.0, len(self.bins)
        while place > 0 and mass < max(_TAIL_SHARE * self.weight, 1.0):
            place -= 1
            if self.bins[place]:
                mass += self.bins[place]
                heaps.append((place, self.bins[place]))
                if self.record < 0 and mass >= _RECORD_WEIGHT:
                    self.record = place
        nats = sum(heap * (where - place + 0.5) * _NATS_PER_BIN for where, heap in heaps)
        self.shape = max((nats + _PRIOR_WEIGHT * _PRIOR_SHAPE) / (mass + _PRIOR_WEIGHT), _LEAST_SHAPE)


def _place(value: float) -> int:
    # One is added: a value below the usual one is never surprising, however small all others were.
    return int(_BINS_PER_OCTAVE * log2(1 + value))
