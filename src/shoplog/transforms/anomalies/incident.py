"""One incident is told once: what belongs to it afterwards is little surprise."""

from __future__ import annotations

from dataclasses import dataclass

WORTH_TELLING = 2.5  # surprises up to this are everyday: they neither hide others nor need an excuse
_TOLD = 0.3  # share of it that is left to what belongs to an incident already told
_NORMAL_DEVIATIONS = 3.0  # a value so near to the level before the incident is back to normal


@dataclass(slots=True)
class Incident:
    """The newest incident of a series: since when, how surprising, to which side, and what was normal before."""

    since_s: float = -1e18
    surprise: float = 0.0
    is_up: bool = False
    level: float = 0.0
    scale: float = 0.0

    def fresh(self, time_s: float, value: float, surprise: float, kind: str, lasts_s: float) -> float:
        """Return the surprise, or little of it where a greater one of the same incident was told within `lasts_s`.

        The way back to normal belongs to the incident, however sudden it is.
        """
        is_open = time_s - self.since_s < lasts_s
        if is_open and (surprise <= self.surprise or self._is_way_back(value, kind)):
            return min(surprise, WORTH_TELLING) * _TOLD
        return surprise

    def tell(self, time_s: float, surprise: float, kind: str, lasts_s: float, level: float, scale: float) -> None:
        """Remember a fresh surprise; `level` and `scale` are what is normal now."""
        if surprise <= WORTH_TELLING:
            return
        if time_s - self.since_s >= lasts_s:
            self.level, self.scale = level, scale
        self.is_up, self.since_s, self.surprise = kind.endswith("up"), time_s, surprise

    def _is_way_back(self, value: float, kind: str) -> bool:
        is_other_side = kind.endswith(("up", "down")) and kind.endswith("up") != self.is_up
        return is_other_side and abs(value - self.level) <= _NORMAL_DEVIATIONS * self.scale
