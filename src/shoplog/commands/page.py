"""page: the quality page of one day as one file that loads nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from shoplog.commands.batch import Day, parse_day
from shoplog.commands.printing import Json
from shoplog.errors import UserError
from shoplog.settings import Settings


def page(
    day: Day = None,
    output: Annotated[Path | None, typer.Option(help="File to write; standard output by default.")] = None,
    as_json: Json = False,
) -> None:
    """Write the quality page of one UTC day: lights, certificates, ledger, checks; exit code 1 when its light is red."""
    from dashboard.quality_page import day_page, known_day, links_of_file

    settings = Settings.load()
    shown = known_day(settings, parse_day(day))
    text = json.dumps(shown) if as_json else day_page(shown, links_of_file(settings))
    if output is None:
        print(text)
    else:
        try:
            output.write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise UserError(f"{output} cannot be written ({error.strerror}): name another file.") from error
    if shown["light"] == "red":
        raise typer.Exit(1)


COMMANDS: tuple[Callable[..., Any], ...] = (page,)
