"""What is usual for a measure of a site's day, by the site's own earlier days: robust, by weekday where that is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import asin, exp, log, pi, sin, sqrt
from statistics import median

from shoplog.contracts.quality import LEAST_DAYS, SCALES, USUAL_DEVIATIONS, Measure

# A weekday speaks for itself once it was seen so often.
_LEAST_OF_WEEKDAY = 3
_MAD_TO_DEVIATION = 1.4826


@dataclass(frozen=True, slots=True)
class Usual:
    """The band a value is expected in, and how far outside a value lies: -1 and 1 are the band's ends, 0 its middle."""

    low: float
    high: float
    deviation: float


def usual(measure: Measure, day: date, value: float, requests: float, history: Mapping[date, float]) -> Usual | None:
    """Return the band of a measure on a day and where its value lies; None of fewer than `LEAST_DAYS` earlier days.

    Args:
        measure: What was measured.
        day: The judged day.
        value: Its value.
        requests: Requests of the day, which shares and means were made from: of few, chance alone is large.
        history: Earlier days' values.
    """
    if len(history) < LEAST_DAYS:
        return None
    scaled = {earlier: _scaled(measure.scale, known) for earlier, known in history.items()}
    level = {weekday: _level(scaled, weekday) for weekday in range(7)}
    residuals = [abs(known - level[earlier.weekday()]) for earlier, known in scaled.items()]
    spread = _MAD_TO_DEVIATION * median(residuals)
    middle = level[day.weekday()]
    made_of = exp(middle) if measure.scale == "count" else requests
    chance = SCALES[measure.scale] / sqrt(max(made_of, 1.0))
    width = max(measure.least, USUAL_DEVIATIONS * sqrt(spread**2 + chance**2))
    return Usual(
        _shown(measure.scale, middle - width),
        _shown(measure.scale, middle + width),
        (_scaled(measure.scale, value) - middle) / width,
    )


def _level(scaled: Mapping[date, float], weekday: int) -> float:
    own = [known for earlier, known in scaled.items() if earlier.weekday() == weekday]
    return median(own if len(own) >= _LEAST_OF_WEEKDAY else scaled.values())


def _scaled(scale: str, value: float) -> float:
    if scale in ("count", "ratio"):
        return log(value + 1)
    return asin(sqrt(min(max(value, 0.0), 1.0))) if scale == "share" else value


def _shown(scale: str, value: float) -> float:
    if scale in ("count", "ratio"):
        return max(exp(value) - 1, 0.0)
    return sin(min(max(value, 0.0), pi / 2)) ** 2 if scale == "share" else value
