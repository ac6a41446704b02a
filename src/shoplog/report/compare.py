"""A figure beside the same figure of another period."""

from __future__ import annotations

from shoplog.contracts.figures import Figure
from shoplog.report.model import Number, Value

_DIGITS = 6


def absent(figure: Figure) -> Number | None:
    """Return what a figure is where there are no rows to read it of: nothing counted is 0, anything else is unknown."""
    return 0 if figure.is_count else None


def compared(value: Number | None, previous: Number | None) -> Value:
    """Return a value beside the previous one, with the change where both are known."""
    value, previous = _rounded(value), _rounded(previous)
    if value is None or previous is None:
        return Value(value, previous)
    change = _rounded(value - previous)  # type: ignore[operator]
    percent = round(float(change or 0) / float(previous) * 100, 2) if previous else None
    return Value(value, previous, change, percent)


def _rounded(number: Number | None) -> Number | None:
    return round(number, _DIGITS) if isinstance(number, float) else number
