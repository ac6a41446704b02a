"""report: a day's or a period's figures of each site, as they stand or as they were known at a moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobs.report import AGAINST_NOW, make_report
from shoplog.commands.batch import Day, parse_day
from shoplog.commands.printing import Json
from shoplog.errors import UserError
from shoplog.settings import Settings

if TYPE_CHECKING:
    from shoplog.report.model import Report

FORMATS = ("text", "json", "html", "csv")
_SNAPSHOT_CAUSES = ("on demand", "hourly")
_COMPARE_HELP = "previous, the first day of the other period, or with --as-of: now."
_DIMENSION_HELP = "Only rows with dimension=value or dimension!=value; repeat it. An empty value is unknown."


def report(
    day: Day = None,
    to: Annotated[str | None, typer.Option(help="Last UTC day of a longer period.")] = None,
    site: Annotated[list[str] | None, typer.Option(help="Only this site; repeat it. All by default.")] = None,
    where: Annotated[list[str] | None, typer.Option(help=_DIMENSION_HELP)] = None,
    compare: Annotated[str | None, typer.Option(help=_COMPARE_HELP)] = None,
    output_format: Annotated[str, typer.Option("--format", help=", ".join(FORMATS) + ".")] = "text",
    as_of: Annotated[str | None, typer.Option(help="As figures were known at this UTC moment.")] = None,
    output: Annotated[Path | None, typer.Option(help="Write there instead of printing.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most rows of a section.")] = 10,
    snapshot: Annotated[
        bool, typer.Option("--snapshot", help="Show the day as it is and keep it for --as-of.")
    ] = False,
    cause: Annotated[str, typer.Option(help="Why --snapshot keeps it: on demand or hourly.")] = "on demand",
    as_json: Json = False,
) -> None:
    """Show the figures of a day or period per site: final where published, else provisional. See docs/report.md."""
    from shoplog.report.question import NOW, Question, parse_compare, parse_filters, parse_moment, parse_span

    name = "json" if as_json else output_format
    if name not in FORMATS:
        raise UserError(f"Format {name!r} is unknown: use {', '.join(FORMATS)}.")
    moment = parse_moment(as_of, datetime.now(UTC))
    # The day before the moment asked about, as it is for now.
    first = moment.date() - timedelta(days=1) if day is None and moment is not None else parse_day(day)
    span = parse_span(first, None if to is None else parse_day(to))
    is_beside_now = compare == NOW
    if is_beside_now and moment is None:
        raise UserError("--compare now needs a moment to compare with: give it as --as-of.")
    question = Question(
        span,
        None if is_beside_now else parse_compare(compare, span),
        parse_filters(where or ()),
        moment,
        limit,
        AGAINST_NOW if is_beside_now else None,
    )
    settings = Settings.load()
    if snapshot:
        if question != Question(span, limit=limit) or span.days > 1:
            raise UserError("--snapshot keeps one whole day as it is: leave out --to, --where, --compare and --as-of.")
        made = _stored(settings, span.first, site or (), cause, limit)
    else:
        made = make_report(settings, question, site or ())
    text = _shown(made, name)
    if output is None:
        print(text)
        return
    try:
        output.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise UserError(f"{output} cannot be written: {error.strerror}.") from error


def _stored(settings: Settings, day: date, sites: Sequence[str], cause: str, limit: int) -> Report:
    from dataclasses import replace

    from jobs.batch.snapshots import store_now
    from shoplog.commands.batch import spark_session

    if cause not in _SNAPSHOT_CAUSES:
        raise UserError(f"Cause {cause!r} is unknown: use {' or '.join(_SNAPSHOT_CAUSES)}.")
    with spark_session(settings, "report") as session:
        made = store_now(session, settings, day, sites, cause)
    sites_cut = [
        replace(one, sections=tuple(replace(section, rows=section.rows[:limit]) for section in one.sections))
        for one in made.sites
    ]
    return replace(made, sites=tuple(sites_cut))


def _shown(made: Report, name: str) -> str:
    from shoplog.report.as_csv import to_csv
    from shoplog.report.as_html import to_html
    from shoplog.report.as_json import to_json
    from shoplog.report.as_text import to_text

    return {"text": to_text, "json": to_json, "html": to_html, "csv": to_csv}[name](made)


COMMANDS: tuple[Callable[..., Any], ...] = (report,)
