"""What a detector says of a value, and how it takes incidents."""

from __future__ import annotations

from dataclasses import dataclass

from shoplog.contracts.anomalies import ALARM_SURPRISE

_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Settings:
    """How a detector takes incidents; the same for every series of a kind."""

    alarm: float = ALARM_SURPRISE
    refractory_s: float = _DAY_S  # a lower surprise within this time after a higher one belongs to the same incident
    incident_weight: float = 0.1  # weight of an incident's values in what is learned ...
    incident_values: int = 12  # ... until it has lasted this many values: then it is the new normal


@dataclass(frozen=True, slots=True)
class Score:
    """What a value was: `surprise` is -log10 of its probability, `score` the same in [0, 1) but once per incident."""

    score: float = 0.0
    surprise: float = 0.0
    expected: float | None = None
    lower: float | None = None
    upper: float | None = None
    kind: str = ""

    @property
    def is_anomaly(self) -> bool:
        """Return whether the value is an anomaly: the alarm's surprise gives a score of one half."""
        return self.score >= 0.5
