"""Which sections a question can have, and why the others are left out: none is dropped without a word."""

from __future__ import annotations

from collections.abc import Sequence

from shoplog.contracts.sections import Section
from shoplog.report.model import LeftOut
from shoplog.report.question import Filter


def choose_sections(sections: Sequence[Section], filters: Sequence[Filter]) -> tuple[list[Section], list[LeftOut]]:
    """Return the sections to show, and those left out: a family that lacks a filter's dimension cannot be filtered by it."""
    shown, left_out = [], []
    for section in sections:
        missing = [given.dimension for given in filters if given.dimension not in section.family.dimensions]
        if missing:
            left_out.append(LeftOut(section.name, f"figures not kept by {' and '.join(dict.fromkeys(missing))}"))
        else:
            shown.append(section)
    return shown, left_out
