"""What the next value of a series should be, and how far values usually are from that."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import Any

from shoplog.transforms.anomalies.season import Season

_RECENT = 7  # the median of so many values is the short-term forecast: three strange ones do not move it
_FIRST = 24  # running means begin as plain means of so many values
_FAST, _SCALE, _SLOW, _SLOWEST = 1 / 5, 1 / 100, 1 / 288, 1 / 576  # weights of a new value in running means
_MOST = 9.0  # a value counts as nine usual deviations at most in the running means of deviations ...
_MOST_STEP = 3.0  # ... as three in the slow level ...
_MOST_ERROR = 30.0  # ... and as thirty in the forecasts' errors
_TIMES_KNOWN = 2  # a slot of the day or week speaks once it was seen so often
_TINY = 1e-6  # deviations below this share of the value are rounding


@dataclass(frozen=True, slots=True)
class Expected:
    """The expectation of one value, in the short and the long term, the usual deviation from each, and who forecast it."""

    value: float
    usual: float
    scale: float
    slow_scale: float
    forecasts: tuple[float, float | None, float | None]
    speaker: int


@dataclass(slots=True)
class Expectation:
    """Three forecasts: the last minutes, the time of the day, the time of the week; the one that erred least speaks."""

    day: Season = field(default_factory=lambda: Season(1800, 48))
    week: Season = field(default_factory=lambda: Season(3600, 168))
    seen: int = 0
    recent: list[float] = field(default_factory=list)
    level: float = 0.0
    scale: float = 0.0
    slow_scale: float = 0.0
    offsets: list[float] = field(default_factory=lambda: [0.0, 0.0])
    errors: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Expectation:
        """Return the expectation that `asdict` was taken of."""
        return cls(**{**state, "day": Season(**state["day"]), "week": Season(**state["week"])})

    def enter(self, time_s: float) -> None:
        """Move to an epoch second; slots that ended before it are learned."""
        self.day.enter(time_s, self.scale)
        self.week.enter(time_s, self.scale)

    def bases(self) -> list[float | None]:
        """Return what each forecast takes as usual now: nothing, the day's slot, the week's slot; None where unknown."""
        slots = ((season, season.slot) for season in (self.day, self.week))
        return [0.0, *(season.level[slot] if season.seen[slot] else None for season, slot in slots)]

    def of(self, value: float, noise: float) -> Expected:
        """Return what was expected in place of `value`, which is not learned yet; `noise` is the least usual deviation."""
        if not self.seen:
            self.recent, self.level = [value], value
        recent = median(self.recent)
        usual, expected, spread, speaker = self.level, recent, 0.0, 0
        forecasts: list[float | None] = [None, None]
        for number, season in enumerate((self.day, self.week)):
            slot = season.slot
            if season.seen[slot]:
                forecasts[number] = forecast = season.level[slot] + self.offsets[number]
                if season.seen[slot] >= _TIMES_KNOWN and self.errors[number + 1] < self.errors[speaker]:
                    usual, expected, spread = season.level[slot], forecast, season.spread[slot]
                    speaker = number + 1
        least = max(noise, 1e-9 + _TINY * abs(value))
        scale, slow_scale = max(self.scale, spread, least), max(self.slow_scale, least)
        return Expected(expected, usual, scale, slow_scale, (recent, forecasts[0], forecasts[1]), speaker)

    def learn(self, value: float, expected: Expected) -> None:
        """Learn a value and how far it was from what was expected."""
        first = self.seen < _FIRST
        share = 1 / (self.seen + 1)
        error, distance = abs(value - expected.value), abs(value - expected.usual)
        step = value - self.level
        if not first:
            step = max(-_MOST_STEP * expected.slow_scale, min(_MOST_STEP * expected.slow_scale, step))
            error, distance = min(error, _MOST * expected.scale), min(distance, _MOST * expected.slow_scale)
        self.level += max(_SLOW, share if first else 0.0) * step
        self.scale += max(_SCALE, share) * (error - self.scale)
        self.slow_scale += max(_SLOWEST, share) * (distance - self.slow_scale)
        for number, season in enumerate((self.day, self.week)):
            if season.seen[season.slot]:
                away = value - season.level[season.slot] - self.offsets[number]
                self.offsets[number] += _FAST * away
        if expected.forecasts[1] is not None:
            self._judge(value, expected.forecasts)
        self.day.add(value, error)
        self.week.add(value, error)
        self.recent = [*self.recent[-_RECENT + 1 :], value] if self.seen else [value]
        self.seen += 1

    def _judge(self, value: float, forecasts: tuple[float, float | None, float | None]) -> None:
        limit = (_MOST_ERROR * self.scale) ** 2
        for number, forecast in enumerate(forecasts):
            # A forecast that cannot speak yet counts as the short-term one: it neither wins nor loses.
            away = value - (forecasts[0] if forecast is None else forecast)
            self.errors[number] += _SLOW * (min(away * away, limit) - self.errors[number])
