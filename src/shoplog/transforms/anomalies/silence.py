"""Minutes in which nothing comes: how improbable their run is, given how many requests came and how unevenly."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import log10, sqrt
from statistics import median, pvariance

from shoplog.contracts.anomalies import ALARM_SURPRISE

# Minutes that tell how unevenly requests come, and how many; until so many are known, silence is no surprise.
_HOUR, _LONG, _SHORT = 60, 30, 7
# A run that is not this much more improbable than any before it is the site's way; of an outage so much is remembered at most.
_MORE = 1.5
_MOST = 2 * ALARM_SURPRISE


@dataclass(slots=True)
class Silence:
    """The present run of silent minutes, the minutes before it, and the most improbable run so far."""

    run: int = 0
    greatest: float = 0.0
    recent: list[int] = field(default_factory=list)
    surprise_a_minute: float = 0.0

    def minute(self, requests: int) -> float:
        """Return the surprise of the run that ends in this minute: minus the base-10 logarithm of its probability.

        Requests come in visits, so their counts are taken as negative binomial, as uneven as the last hour's.
        """
        if requests:
            self.greatest = max(self.greatest, min(self.run * self.surprise_a_minute, _MOST))
            self.recent = [*self.recent[-_HOUR + 1 :], *[0] * min(self.run, _HOUR), requests][-_HOUR:]
            self.run = 0
            return 0.0
        if not self.run:
            self.surprise_a_minute = self._of_one() if len(self.recent) == _HOUR else 0.0
        self.run += 1
        surprise = self.run * self.surprise_a_minute
        return surprise if surprise > _MORE * self.greatest else 0.0

    def _of_one(self) -> float:
        # On Anscombe's scale the variance of a count is how many times as uneven as chance alone it is.
        dispersion = max(pvariance([2 * sqrt(count + 3 / 8) for count in self.recent]), 1.01)
        expected = min(median(self.recent[-_LONG:]), median(self.recent[-_SHORT:]))
        return float(expected) / (dispersion - 1) * log10(dispersion)
