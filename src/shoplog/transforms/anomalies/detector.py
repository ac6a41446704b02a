"""One series, value by value: how surprising each is, the band it was expected in, and what kind of surprise it is."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from shoplog.transforms.anomalies.distances import Distances
from shoplog.transforms.anomalies.expectation import Expectation, Expected
from shoplog.transforms.anomalies.incident import WORTH_TELLING, Incident
from shoplog.transforms.anomalies.score import Score, Settings
from shoplog.transforms.anomalies.season import Habit
from shoplog.transforms.anomalies.tail import Tail

_DAY_S = 86_400
_LARGEST = 1e150  # no measurement: its square would leave the range of floats
_LEARNING = 24  # values until rarities are counted
_QUIET_START = 60  # values until anything is surprising


@dataclass(slots=True)
class Detector:
    """Scores a series causally. `state()` is a few thousand numbers, kept exactly by JSON."""

    settings: Settings = field(default_factory=Settings)
    expectation: Expectation = field(default_factory=Expectation)
    habit: Habit = field(default_factory=lambda: Habit(48))
    distances: Distances = field(default_factory=Distances)
    tails: dict[str, Tail] = field(default_factory=dict)
    incident: Incident = field(default_factory=Incident)
    hot: int = 0

    def state(self) -> dict[str, Any]:
        """Return all that the detector knows, as JSON types."""
        return asdict(self)

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Detector:
        """Return the detector that `state()` was taken from."""
        return cls(
            Settings(**state["settings"]),
            Expectation.from_state(state["expectation"]),
            Habit(**state["habit"]),
            Distances(**state["distances"]),
            {name: Tail(**tail) for name, tail in state["tails"].items()},
            Incident(**state["incident"]),
            state["hot"],
        )

    def update(self, time_s: float, value: float | None, noise: float = 0.0) -> Score:
        """Return the score of the next value (epoch seconds); what is no finite number is a gap: not judged, not learned.

        `noise` is the least standard deviation the value can have by its nature, such as 1 for a count's Anscombe transform.
        """
        if value is None or not abs(value) <= _LARGEST:
            return Score()
        settings, known = self.settings, self.expectation
        known.enter(time_s)
        expected = known.of(value, noise)
        distances = self.distances.of(value, expected, known.bases(), known.seen)
        distances["stuck"], ended = self.distances.stuck_for(known.seen > 0 and value == known.recent[-1])
        for length in ended if known.seen >= _LEARNING else ():
            self._tail("stuck").add(length)
        surprise, kind = self._surprise(time_s, value, distances)
        below, above = (self._tail(f"point {side}").reach(settings.alarm) * expected.scale for side in ("down", "up"))
        self._learn(time_s, value, expected, distances, surprise)
        fresh = self.incident.fresh(time_s, value, surprise, kind, settings.refractory_s)
        self.incident.tell(time_s, fresh, kind, settings.refractory_s, known.level, expected.slow_scale)
        score = fresh / (fresh + settings.alarm)
        return Score(score, surprise, expected.value, expected.value - below, expected.value + above, kind)

    def _tail(self, name: str) -> Tail:
        return self.tails.setdefault(name, Tail())

    def _surprise(self, time_s: float, value: float, distances: dict[str, float]) -> tuple[float, str]:
        """Return the greatest surprise and the kind of distance that gave it."""
        greatest, kind = 0.0, ""
        if self.expectation.seen < _QUIET_START:
            return greatest, kind
        for name, distance in distances.items():
            surprise = self._tail(name).surprise(distance) if distance else 0.0
            if surprise > greatest and not (surprise > WORTH_TELLING and self._is_habit(name, time_s, value)):
                greatest, kind = surprise, name
        return greatest, kind

    def _is_habit(self, name: str, time_s: float, value: float) -> bool:
        if not name.startswith(("point", "level")):
            return False
        return self.habit.covers(int(time_s // _DAY_S), self.expectation.day.slot, value, self.expectation.level)

    def _learn(
        self, time_s: float, value: float, expected: Expected, distances: dict[str, float], surprise: float
    ) -> None:
        is_hot = surprise >= self.settings.alarm
        self.hot = self.hot + 1 if is_hot else max(0, self.hot - 1)
        weight = self.settings.incident_weight if is_hot and self.hot <= self.settings.incident_values else 1.0
        if self.expectation.seen >= _LEARNING:
            for name, distance in distances.items():
                if name != "stuck":
                    self._tail(name).add(distance, weight)
        self.habit.add(int(time_s // _DAY_S), self.expectation.day.slot, value)
        self.expectation.learn(value, expected)
