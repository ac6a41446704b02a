"""annotate: write down what the logs cannot know, a deploy for example, for the charts to show."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import Annotated

import typer

from shoplog.commands.printing import Json, show_one
from shoplog.settings import Settings

_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"]


def annotate(
    text: Annotated[str, typer.Argument(help="What happened, in a sentence.")],
    kind: Annotated[str, typer.Option(help="deploy, campaign, incident or note.")] = "note",
    at: Annotated[datetime | None, typer.Option(help="When, in UTC; now by default.", formats=_FORMATS)] = None,
    site: Annotated[str | None, typer.Option(help="At this site only; at all by default.")] = None,
    as_json: Json = False,
) -> None:
    """Write down what happened at a moment, for the pages' charts to show."""
    from dashboard.annotations import Annotation, Annotations
    from shoplog.sites import load_sites, named_site

    settings = Settings.load()
    if site is not None:
        named_site(load_sites(settings), site)
    moment = datetime.now(UTC) if at is None else at.replace(tzinfo=UTC)
    made = Annotations(settings).add(Annotation(moment, kind, text, getpass.getuser(), site))
    show_one("annotation", made.as_object(), as_json)


COMMANDS = (annotate,)
