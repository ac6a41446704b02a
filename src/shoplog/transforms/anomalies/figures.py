"""The series of a site that are judged minute by minute, and the scale on which each is judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import asin, sin, sqrt

Counts = Mapping[str, int]  # of one minute: requests, page_views, status_5xx


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a minute: on a scale on which its own chance has the same spread everywhere, and back."""

    name: str
    scaled: Callable[[Counts], float | None]
    noise: Callable[[Counts], float]
    shown: Callable[[float], float]


def _count(name: str) -> Figure:
    # Anscombe: a Poisson count has a standard deviation of one on this scale.
    return Figure(
        name,
        lambda counts: 2 * sqrt(counts[name] + 3 / 8),
        lambda counts: 1.0,
        lambda value: max(0.0, (max(value, 0.0) / 2) ** 2 - 3 / 8),
    )


def _share(name: str, part: str, whole: str) -> Figure:
    # The arcsine does the same to a share; of few requests a share says little.
    return Figure(
        name,
        lambda counts: asin(sqrt(min(1.0, counts[part] / counts[whole]))) if counts[whole] else None,
        lambda counts: 0.5 / sqrt(counts[whole] or 1),
        lambda value: sin(min(max(value, 0.0), 1.5707963)) ** 2,
    )


FIGURES = (_count("requests"), _count("page_views"), _share("error_share", "status_5xx", "requests"))
# Visits are few and uneven where less is expected in a minute: a drop is no news there, and silence is judged by its run.
_FEW = 15


def pattern_of(figure: str, kind: str, expected: float) -> str | None:
    """Return the contract's name for a surprise of this kind, None for what nobody needs to be told."""
    if figure == "error_share":
        return "errors" if kind.endswith("up") else None
    if kind.endswith("up"):
        return "surge"
    return "drop" if kind.endswith("down") and expected >= _FEW else None
