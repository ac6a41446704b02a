"""Words of a moment, and of two states of the same days beside each other."""

from __future__ import annotations

from shoplog.contracts.figures import Figure
from shoplog.report.model import Report, SiteReport, Value
from shoplog.report.question import Question
from shoplog.report.words import UNKNOWN, change_text, day_text, number_text


def source_lines(report: Report, site: SiteReport) -> list[str]:
    """Return where figures of a moment come from, and with two sides what the other one is worth."""
    if report.question.as_of is None:
        return []
    of = site.snapshot
    if of is None:
        lines = ["no snapshot: read of the versions that were pinned or live at that moment"]
    else:
        rules = f", rules {', '.join(map(str, of.rules_versions))}" if of.rules_versions else ""
        lines = [f"read of the snapshot of {of.published_at:%Y-%m-%d %H:%M:%S} UTC ({of.cause}{rules})"]
    if report.question.sides is not None:
        lines = [f"then: {line}" for line in lines] + [f"then: {day_text(day)}" for day in site.compared_days]
    return lines


def cell_text(value: Value, figure: Figure, currency: str | None, has_sides: bool) -> str:
    """Return a figure as it stands in a row: with its change, or with two sides as both where they differ."""
    number = number_text(value.value, figure, currency)
    if not has_sides:
        change = change_text(value, figure)
        return f"{number} ({change})" if change else number
    if value.value == value.previous:
        return number
    change = number_text(value.change, figure, currency, signed=True) if value.change is not None else UNKNOWN
    return f"{number_text(value.previous, figure, currency)} -> {number} ({change})"


def is_compared(report: Report) -> bool:
    """Whether each figure has another one beside it."""
    return report.question.compare is not None or report.question.sides is not None


def nothing_to_compare(report: Report) -> str:
    """Return the sentence of a site that the other period, or the other side, knows nothing of."""
    if report.question.sides is not None:
        return f"{report.question.sides[1]}: no lines"
    return "no lines in the period to compare with: nothing is known of it"


def heads(question: Question) -> tuple[str, str]:
    """Return what a figure and the one beside it are called."""
    return question.sides or ("value", "previous")
