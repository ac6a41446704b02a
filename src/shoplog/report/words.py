"""Figures and dimensions as people read them."""

from __future__ import annotations

from shoplog.contracts import figures
from shoplog.contracts.figures import Figure
from shoplog.report.model import Day, Dimension, Number, Report, SectionReport, SiteReport, Value
from shoplog.report.question import Question, Span

UNKNOWN = "-"
NO_VALUE = "(none)"
_MOST_CHARACTERS = 160
_BYTES = ("B", "kB", "MB", "GB", "TB", "PB")
ABOUT_STATUS = {
    "final": "recomputed and published",
    "final_dirty": "recomputed and published; lines came in since, which are in no figure before the next nightly",
    "provisional": "live, not yet recomputed",
}


def number_text(number: Number | None, figure: Figure, currency: str | None, signed: bool = False) -> str:
    """Return a number with its unit, `-` where it is unknown; `signed` also shows a +."""
    if number is None:
        return UNKNOWN
    sign = "+" if signed else ""
    match figure.unit:
        case "ratio":
            # The change of a share is in points of a percent: percent of a percent would be misread.
            return f"{float(number) * 100:{sign}z.2f} {'points' if signed else '%'}"
        case "ms":
            return f"{number:{sign},.{1 if -10 < number < 10 else 0}f} ms"
        case "s":
            return f"{number:{sign},.1f} s"
        case "bytes":
            return _bytes_text(float(number), sign)
        case figures.MONEY:
            return f"{number:{sign},.2f} {currency or ''}".strip()
        case _:
            return f"{number:{sign},}" if isinstance(number, int) else f"{number:{sign},.2f}"


def _bytes_text(number: float, sign: str) -> str:
    place = 0
    while abs(number) >= 1000 and place < len(_BYTES) - 1:
        number, place = number / 1000, place + 1
    return f"{number:{sign},.{1 if place else 0}f} {_BYTES[place]}"


def change_text(value: Value, figure: Figure) -> str:
    """Return the change in percent, of a share in points, `new` where there was nothing, nothing where it is unknown."""
    if figure.unit == "ratio":
        return "" if value.change is None else number_text(value.change, figure, None, signed=True)
    if value.change_percent is not None:
        return f"{value.change_percent:+,.1f} %"
    return "new" if value.previous == 0 and value.value else ""


def dimension_text(value: Dimension) -> str:
    """Return a dimension's value in a length that lines have room for; what a terminal would act on is shown as its code.

    Paths, referrers and search terms are written by strangers: escape sequences and marks that turn text around among them.
    """
    if value is None:
        return NO_VALUE
    text = str(value)
    text = text if len(text) <= _MOST_CHARACTERS else text[:_MOST_CHARACTERS] + "…"
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def span_text(span: Span) -> str:
    """Return the days of a period."""
    return str(span.first) if span.days == 1 else f"{span.first} to {span.last}"


def title(asked: Question) -> str:
    """Return what a report is about in one line."""
    parts = [f"{span_text(asked.span)} (UTC)"]
    if asked.compare is not None:
        parts.append(f"compared with {span_text(asked.compare)}")
    if asked.sides is not None:
        parts.append(asked.sides[0])
    if asked.as_of is not None:
        parts.append(f"as known at {asked.as_of:%Y-%m-%d %H:%M:%S} UTC")
    parts += [str(given) for given in asked.filters]
    return dimension_text(", ".join(parts))


def status_lines(site: SiteReport) -> list[str]:
    """Return what the site's figures are worth: the period's status, and each day that is not as the others."""
    if site.status is None:
        return ["no lines in this period"]
    lines = [f"{site.status}: {ABOUT_STATUS[site.status]}"]
    if any(day.status != "provisional" for day in site.days):
        lines += [day_text(day) for day in site.days]
    if any(section.status != site.status for section in site.sections):
        lines.append(
            "sessions that run over midnight are whole once the next day is published: until then they are provisional"
        )
    return lines


def section_title(site: SiteReport, section: SectionReport) -> str:
    """Return the section's title, and what it is worth where that is less than the site's other figures."""
    return section.title if section.status == site.status else f"{section.title} ({section.status})"


def left_out_lines(report: Report) -> list[str]:
    """Return each reason with the sections that it leaves out."""
    reasons: dict[str, list[str]] = {}
    for out in report.left_out:
        reasons.setdefault(out.because, []).append(out.section)
    return [f"{', '.join(sections)}: {because}" for because, sections in reasons.items()]


def day_text(day: Day) -> str:
    """Return what a day is worth."""
    text = f"{day.day} {day.status}"
    if day.published_at is not None:
        text += f", published {day.published_at:%Y-%m-%d %H:%M} UTC"
    return text + (f", {day.waiting_requests:,} requests waiting" if day.waiting_requests else "")
