"""The report for a terminal or a mail."""

from __future__ import annotations

import io

from rich.console import Console
from rich.table import Table
from rich.text import Text

from shoplog.report.model import Report, SectionReport, SiteReport
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

# No column may be cut: what is piped into a file or a mail has no width.
_WIDTH = 400


def to_text(report: Report) -> str:
    """Return the report in plain text without colours."""
    console = _console()
    console.print(Text(f"shoplog report: {title(report.question)}"))
    for site in report.sites:
        console.print(Text(f"\n== {site.site} =="))
        for line in (*status_lines(site), *source_lines(report, site)):
            console.print(Text(line))
        if is_compared(report) and not site.compared_days:
            console.print(nothing_to_compare(report))
        _print_sections(console, report, site)
    if report.left_out:
        console.print("\nLeft out")
        for line in left_out_lines(report):
            console.print(Text(f"  {line}"))
    return _text(console)


def sections_text(report: Report, site: SiteReport) -> str:
    """Return a site's sections alone."""
    console = _console()
    _print_sections(console, report, site)
    return _text(console)


def _console() -> Console:
    return Console(file=io.StringIO(), width=_WIDTH, color_system=None, legacy_windows=False)


def _text(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def _print_sections(console: Console, report: Report, site: SiteReport) -> None:
    for section in site.sections:
        more = section.rows_in_all - len(section.rows)
        console.print(
            Text(
                "\n"
                + section_title(site, section)
                + (f" ({len(section.rows)} of {section.rows_in_all:,})" if more else "")
            )
        )
        if not section.rows:
            console.print("  none")
        elif section.dimensions:
            console.print(_table(section, site.currency, report.question.sides is not None))
        else:
            console.print(_list(section, site.currency, report))


def _list(section: SectionReport, currency: str | None, report: Report) -> Table:
    """Return the one row of a section without dimensions, a figure a line."""
    table = _bare_table()
    table.add_column("figure")
    compared = is_compared(report)
    for name in (*heads(report.question)[: 2 if compared else 1], *(("change", "") if compared else ())):
        table.add_column(name, justify="right")
    for figure, value in zip(section.figures, section.rows[0].values, strict=True):
        cells = [figure.name, number_text(value.value, figure, currency)]
        if compared:
            cells.append(number_text(value.previous, figure, currency))
            cells.append(number_text(value.change, figure, currency, signed=True))
            cells.append("" if figure.unit == "ratio" else change_text(value, figure))
        table.add_row(*map(Text, cells))
    return table


def _table(section: SectionReport, currency: str | None, has_sides: bool) -> Table:
    table = _bare_table()
    for name in section.dimensions:
        table.add_column(name)
    for figure in section.figures:
        table.add_column(figure.name, justify="right")
    for row in section.rows:
        cells = [dimension_text(value) for value in row.dimensions]
        cells += [
            cell_text(value, figure, currency, has_sides)
            for figure, value in zip(section.figures, row.values, strict=True)
        ]
        table.add_row(*map(Text, cells))
    return table


def _bare_table() -> Table:
    return Table(box=None, pad_edge=True, padding=(0, 2, 0, 0), header_style=None)
