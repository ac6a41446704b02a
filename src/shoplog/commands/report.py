"""report: a day's or a period's figures of each site, as they stand or as they were known at a moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shoplog.commands.batch import Day, parse_day
from shoplog.commands.printing import Json
from shoplog.errors import UserError
from shoplog.settings import Settings

if TYPE_CHECKING:
    from shoplog.report.model import Report
    from shoplog.report.question import Question

FORMATS = ("text", "json", "html", "csv")
_DIMENSION_HELP = "Only rows with dimension=value or dimension!=value; repeat it. An empty value is unknown."


def report(
    day: Day = None,
    to: Annotated[str | None, typer.Option(help="Last UTC day of a longer period.")] = None,
    site: Annotated[list[str] | None, typer.Option(help="Only this site; repeat it. All by default.")] = None,
    where: Annotated[list[str] | None, typer.Option(help=_DIMENSION_HELP)] = None,
    compare: Annotated[str | None, typer.Option(help="previous, or the first day of the other period.")] = None,
    output_format: Annotated[str, typer.Option("--format", help=", ".join(FORMATS) + ".")] = "text",
    as_of: Annotated[str | None, typer.Option(help="As figures were known at this UTC moment.")] = None,
    output: Annotated[Path | None, typer.Option(help="Write there instead of printing.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most rows of a section.")] = 10,
    as_json: Json = False,
) -> None:
    """Show the figures of a day or period per site: final where published, else provisional. See docs/report.md."""
    from shoplog.report.question import Question, parse_compare, parse_filters, parse_moment, parse_span

    name = "json" if as_json else output_format
    if name not in FORMATS:
        raise UserError(f"Format {name!r} is unknown: use {', '.join(FORMATS)}.")
    moment = parse_moment(as_of, datetime.now(UTC))
    # The day before the moment asked about, as it is for now.
    first = moment.date() - timedelta(days=1) if day is None and moment is not None else parse_day(day)
    span = parse_span(first, None if to is None else parse_day(to))
    question = Question(span, parse_compare(compare, span), parse_filters(where or ()), moment, limit)
    text = _shown(make_report(Settings.load(), question, site or ()), name)
    if output is None:
        print(text)
        return
    try:
        output.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise UserError(f"{output} cannot be written: {error.strerror}.") from error


def make_report(settings: Settings, question: Question, sites: Any = ()) -> Report:
    """Return the report of these sites, of all that have lines where none is named; raises `UserError` without any line."""
    from shoplog.contracts.sections import SECTIONS
    from shoplog.io.period import Period
    from shoplog.report.build import build_report
    from shoplog.report.choose import choose_sections
    from shoplog.report.query import section_query
    from shoplog.report.question import spans_of
    from shoplog.sites import load_sites

    currencies = {name: known.currency for name, known in load_sites(settings).items()}
    period = Period(settings, [(span.first, span.last) for span in spans_of(question)], question.as_of)
    with_lines = sorted({row["site"] for row in period.days})
    for name in sites:
        if name not in currencies and name not in with_lines:
            raise UserError(f"Site {name!r} is unknown: use one of {', '.join(sorted({*currencies, *with_lines}))}.")
    names = list(dict.fromkeys(sites or with_lines))
    own = question.span
    if not any(row["site"] in names and own.first <= row["day"] <= own.last for row in period.days):
        raise UserError(_nothing(period.known_days(), question))
    shown, left_out = choose_sections(SECTIONS, question.filters)
    gaps = {section.family: period.gaps(section.family) for section in shown}
    answers = {section: period.ask(*section_query(section, question, names)) for section in shown}
    chosen = {name: currencies.get(name) for name in names}
    return build_report(question, chosen, period.days, answers, gaps, left_out, period.live_version)


def _nothing(known: tuple[date | None, date | None], question: Question) -> str:
    from shoplog.report.words import title

    about = f"There are no lines for {title(question)}"
    if known[0] is None:
        when = "was known at that moment" if question.as_of else "was counted yet"
        return f"{about}: nothing {when}. See 'shoplog status' and 'shoplog ledger'."
    return f"{about}: days with lines lie between {known[0]} and {known[1]}."


def _shown(made: Report, name: str) -> str:
    from shoplog.report.as_csv import to_csv
    from shoplog.report.as_html import to_html
    from shoplog.report.as_json import to_json
    from shoplog.report.as_text import to_text

    return {"text": to_text, "json": to_json, "html": to_html, "csv": to_csv}[name](made)


COMMANDS: tuple[Callable[..., Any], ...] = (report,)
