"""Which sections a question can have, and why the others are left out: none is dropped without a word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from shoplog.contracts.model import Family
from shoplog.contracts.sections import Section
from shoplog.report.model import LeftOut
from shoplog.report.question import Filter


def choose_sections(
    sections: Sequence[Section], filters: Sequence[Filter], unpublished: Mapping[Family, Sequence[tuple[str, date]]]
) -> tuple[list[Section], list[LeftOut]]:
    """Return the sections to show and those left out.

    A family that lacks a filter's dimension cannot be filtered; `unpublished` are the (site, day) whose publication is older
    than the family: their figures would be missing from a sum.
    """
    shown, left_out = [], []
    for section in sections:
        missing = [given.dimension for given in filters if given.dimension not in section.family.dimensions]
        older = unpublished.get(section.family, ())
        if missing:
            left_out.append(LeftOut(section.name, f"figures not kept by {' and '.join(dict.fromkeys(missing))}"))
        elif older:
            days = ", ".join(f"{site} {day}" for site, day in older)
            left_out.append(
                LeftOut(section.name, f"published before these figures were kept, recompute and publish anew: {days}")
            )
        else:
            shown.append(section)
    return shown, left_out
