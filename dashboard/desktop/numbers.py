"""Figures as the window shows them; what is unknown is a dash, never a zero."""

from __future__ import annotations

from typing import Any

_BYTES = ("B", "kB", "MB", "GB", "TB")


def figure_text(value: Any, unit: str, currency: str | None = None) -> str:
    """Return a value of the API with its unit."""
    if value is None:
        return "–"
    if unit == "site currency":
        return f"{_grouped(str(value))} {currency or ''}".strip()
    if unit == "ratio":
        return f"{float(value):.1%}"
    if unit == "bytes":
        return _bytes(float(value))
    text = f"{value:,}" if isinstance(value, int) else f"{float(value):,.2f}"
    return f"{text} {unit}" if unit in ("ms", "s") else text


def _grouped(money: str) -> str:
    # Money comes as text, so that no reader rounds it: its digits are grouped, not computed.
    sign, digits = ("-", money[1:]) if money.startswith("-") else ("", money)
    whole, point, cents = digits.partition(".")
    return f"{sign}{int(whole):,}{point}{cents}"


def _bytes(count: float) -> str:
    for name in _BYTES[:-1]:
        if abs(count) < 1000:
            return f"{count:,.1f} {name}" if name != "B" else f"{count:,.0f} B"
        count /= 1000
    return f"{count:,.1f} {_BYTES[-1]}"
