"""The report as tidy CSV: one line is one figure."""

from __future__ import annotations

import csv
import io
import json

from shoplog.report.model import Report

COLUMNS = (
    "site",
    "from",
    "to",
    "section",
    "dimensions",
    "metric",
    "unit",
    "value",
    "previous",
    "change",
    "change_percent",
)


def to_csv(report: Report) -> str:
    """Return the figures under a line of column names; dimensions are one JSON object, what is unknown is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    span = report.question.span
    for site in report.sites:
        for section in site.sections:
            for row in section.rows:
                named = dict(zip(section.dimensions, row.dimensions, strict=True))
                where = (
                    site.site,
                    span.first,
                    span.last,
                    section.name,
                    json.dumps(named, ensure_ascii=False, default=str),
                )
                for figure, value in zip(section.figures, row.values, strict=True):
                    numbers = (value.value, value.previous, value.change, value.change_percent)
                    writer.writerow((*where, figure.name, figure.unit, *numbers))
    return text.getvalue().rstrip("\n")
