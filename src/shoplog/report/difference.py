"""Two states of the same days beside each other: what is known now and what was shown then, or new rules and the old."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shoplog.contracts.figures import Figure
from shoplog.contracts.sections import SECTIONS
from shoplog.report.compare import absent, compared
from shoplog.report.model import Dimension, Number, Report, Row, SectionReport, SiteReport
from shoplog.report.question import Question

# Asked of a side that is read from tables: a row that is not among them is not there at all.
EVERY_ROW = 2**31
_CUT = {section.name for section in SECTIONS if section.at_least}
_Key = tuple[Dimension, ...]


def difference(value: Report, previous: Report, question: Question) -> Report:
    """Return `value` with `previous` beside each figure; `question` says what the two are and how many rows to show.

    A section shows the first rows of both sides. Where only one side has a row, a count is 0 on the other, unless that
    side shows its first rows alone or the section leaves rows out by their figures: then it is unknown.
    """
    earlier = {site.site: site for site in previous.sites}
    later = {site.site: site for site in value.sites}
    names = dict.fromkeys((*later, *earlier))
    sites = tuple(_site(later.get(name), earlier.get(name), question.limit) for name in names)
    return Report(question, value.live_version, sites, tuple(dict.fromkeys((*value.left_out, *previous.left_out))))


def only_changes(report: Report) -> Report:
    """Return the report with the rows alone whose figures differ, and the sections that have any."""
    sites = []
    for site in report.sites:
        sections = [
            replace(section, rows=rows, rows_in_all=len(rows))
            for section in site.sections
            if (rows := tuple(row for row in section.rows if any(v.value != v.previous for v in row.values)))
        ]
        sites.append(replace(site, sections=tuple(sections)))
    return replace(report, sites=tuple(sites))


def _site(later: SiteReport | None, earlier: SiteReport | None, limit: int) -> SiteReport:
    known = later or earlier
    assert known is not None
    now = {section.name: section for section in later.sections} if later else {}
    then = {section.name: section for section in earlier.sections} if earlier else {}
    return SiteReport(
        known.site,
        known.currency,
        later.status if later else None,
        later.days if later else (),
        earlier.days if earlier else (),
        tuple(_section(now.get(name), then.get(name), limit) for name in _order(now, then)),
        earlier.snapshot if earlier else None,
    )


def _order(now: dict[str, SectionReport], then: dict[str, SectionReport]) -> list[str]:
    """Return the sections' names as the report has them; those that it knows no more come last."""
    known = [section.name for section in SECTIONS if section.name in now or section.name in then]
    return list(dict.fromkeys((*known, *now, *then)))


def _section(later: SectionReport | None, earlier: SectionReport | None, limit: int) -> SectionReport:
    section = later or earlier
    assert section is not None
    now, then = _rows(later), _rows(earlier)
    keys = list(dict.fromkeys((*list(now)[:limit], *list(then)[:limit])))
    rows = []
    for key in keys:
        pairs = [
            compared(_number(later, now, key, figure), _number(earlier, then, key, figure))
            for figure in section.figures
        ]
        rows.append(Row(key, tuple(pairs)))
    in_all = max((one.rows_in_all for one in (later, earlier) if one), default=0)
    return replace(section, rows=tuple(rows), rows_in_all=max(in_all, len({**now, **then})))


def _rows(section: SectionReport | None) -> dict[_Key, Row]:
    return {row.dimensions: row for row in section.rows} if section else {}


def _number(section: SectionReport | None, rows: dict[_Key, Row], key: _Key, figure: Figure) -> Number | None:
    if section is None or figure.name not in _names(section.figures):
        return None
    if key in rows:
        return rows[key].values[_names(section.figures).index(figure.name)].value
    is_whole = len(section.rows) >= section.rows_in_all and section.name not in _CUT
    return absent(figure) if is_whole else None


def _names(figures: Sequence[Figure]) -> list[str]:
    return [figure.name for figure in figures]
