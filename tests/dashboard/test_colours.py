"""Text on the bars of a table, whose contrast axe cannot judge: 4.5 to 1, as WCAG asks of small text."""

from __future__ import annotations

import re

import pytest

from shoplog.settings import REPOSITORY

SHEET = (REPOSITORY / "dashboard/web/static/live.css").read_text(encoding="utf-8")
COLOUR = r"--([a-z]+): #([0-9a-f]+);"
THEMES = {
    name: dict(re.findall(COLOUR, "".join(re.findall(block + r" \{([^{}]*)\}", SHEET))))
    for name, block in {
        "light": r":root",
        "dark": r":root\[data-theme=\"dark\"\]",
        "dark by the system": r":root:not\(\[data-theme=\"light\"\]\)",
    }.items()
}


def channels(colour: str) -> list[int]:
    """Red, green and blue, and how opaque."""
    wide = colour if len(colour) > 4 else "".join(digit * 2 for digit in colour)
    return [int(wide[at : at + 2], 16) for at in range(0, len(wide), 2)]


def over(bar: str, card: str) -> list[float]:
    *top, opaque = channels(bar)
    return [(one * opaque + below * (255 - opaque)) / 255 for one, below in zip(top, channels(card), strict=True)]


def luminance(colour: list[float] | list[int]) -> float:
    linear = [one / 255 / 12.92 if one <= 10 else ((one / 255 + 0.055) / 1.055) ** 2.4 for one in colour]
    return sum(share * one for share, one in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(colour: list[float] | list[int], other: list[float] | list[int]) -> float:
    low, high = sorted((luminance(colour), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_measure_is_that_of_wcag() -> None:
    assert contrast(channels("000"), channels("fff")) == pytest.approx(21)
    assert contrast(channels("777"), channels("fff")) == pytest.approx(4.478, abs=0.001)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("text", ["ink", "soft", "accent"])
@pytest.mark.parametrize("bar", ["bar", "badbar"])
def test_text_can_be_read_on_every_bar(theme: str, text: str, bar: str) -> None:
    colours = THEMES[theme]
    assert contrast(channels(colours[text]), over(colours[bar], colours["card"])) >= 4.5
