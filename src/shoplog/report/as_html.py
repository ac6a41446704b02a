"""The report as one page that loads nothing: readable offline, in a mail and on paper."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shoplog.report.model import Report, SectionReport
from shoplog.report.sides import cell_text, heads, is_compared, nothing_to_compare, source_lines
from shoplog.report.words import (
    change_text,
    dimension_text,
    left_out_lines,
    number_text,
    section_title,
    status_lines,
    title,
)


def to_html(report: Report) -> str:
    """Return the page; whatever stands in log lines is escaped."""
    pages = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.globals.update(
        number=number_text,
        change=change_text,
        dimension=dimension_text,
        both=cell_text,
        status_lines=status_lines,
        source_lines=source_lines,
        is_compared=is_compared,
        nothing_to_compare=nothing_to_compare,
        heads=heads,
        section_title=section_title,
        left_out_lines=left_out_lines,
        shares=_shares,
    )
    return pages.get_template("page.html.j2").render(report=report, title=title(report.question))


def _shares(section: SectionReport) -> list[float]:
    """Return each row's first figure in percent of the largest: the length of its bar."""
    values = [float(row.values[0].value or 0) for row in section.rows]
    largest = max(values, default=0)
    return [round(value / largest * 100, 1) if largest > 0 else 0 for value in values]
