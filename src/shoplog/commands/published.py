"""published: which days come from the recomputed tables, and which have lines and wait."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

import typer

from shoplog.commands.batch import Day, parse_day
from shoplog.commands.printing import Json, show
from shoplog.errors import UserError
from shoplog.settings import Settings


def published(
    day: Day = None,
    to: Annotated[str | None, typer.Option("--to", help="Last UTC day, YYYY-MM-DD; the first by default.")] = None,
    as_json: Json = False,
) -> None:
    """Show of each site and UTC day with lines whether it was published.

    Exit code 1 where one was not, and where there is none though earlier days have lines.
    """
    from shoplog.io.published import known_days

    first = parse_day(day)
    last = first if to is None else parse_day(to)
    if last < first:
        raise UserError(f"--to {last} is before --date {first}: swap them.")
    rows, any_before = known_days(Settings.load(), first, last)
    if as_json:
        show("published", rows, as_json)
    else:
        shown = ("site", "day", "status", "requests", "published_at")
        show(_title(first, last), [{name: row[name] for name in shown} for row in rows], as_json)
    if any(row["status"] == "provisional" for row in rows) or (any_before and not rows):
        raise typer.Exit(1)


def _title(first: date, last: date) -> str:
    return f"days {first} to {last}" if last > first else f"day {first}"


COMMANDS: tuple[Callable[..., Any], ...] = (published,)
