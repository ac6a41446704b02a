"""import, and what commands with a Spark job over UTC days share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shoplog.commands.printing import Json, show_one
from shoplog.errors import UserError
from shoplog.settings import Settings
from shoplog.sites import check_log_format, load_sites, named_site

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Day = Annotated[str | None, typer.Option("--date", help="UTC day, YYYY-MM-DD; yesterday by default.")]


Days = Annotated[list[str] | None, typer.Option("--date", help="UTC day, YYYY-MM-DD; repeat it. Yesterday by default.")]


def parse_days(texts: list[str] | None) -> list[date]:
    """Return the UTC days a user named, each once, ascending; yesterday where none was named."""
    return sorted({parse_day(text) for text in texts or [None]})  # type: ignore[list-item]


def parse_day(text: str | None) -> date:
    """Return the UTC day a user named."""
    if text is None:
        return datetime.now(UTC).date() - timedelta(days=1)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UserError(f"{text!r} is not a day: write it as YYYY-MM-DD.") from error


@contextmanager
def spark_session(settings: Settings, application: str) -> Iterator[SparkSession]:
    """Give a session for one job and stop it."""
    from shoplog.spark import build_session

    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    session = build_session(settings, application)
    try:
        yield session
    finally:
        session.stop()


def import_files(
    files: Annotated[list[Path] | None, typer.Argument(help="Log files: plain, gz, bz2, zst.")] = None,
    ranges: Annotated[
        list[str] | None,
        typer.Option(
            "--range",
            metavar="FILE:FROM-TO",
            help="Only the lines that begin in these bytes, uncompressed, as 'shoplog ledger' names them; may be given often.",
        ),
    ] = None,
    site: Annotated[str, typer.Option(help="The shop they belong to.")] = "shop",
    host: Annotated[str | None, typer.Option(help="The machine that wrote them; this one by default.")] = None,
    log_format: Annotated[str | None, typer.Option("--format", help="Their format; the site's by default.")] = None,
    as_json: Json = False,
) -> None:
    """Import archives: each line once by identity; days that are over are recomputed and published."""
    from dataclasses import replace

    from jobs.batch.import_logs import import_logs
    from shoplog.io.file_range import parse_range

    settings = Settings.load()
    chosen = named_site(load_sites(settings), site)
    if log_format is not None:
        check_log_format(log_format, chosen.own_proxies)
        chosen = replace(chosen, log_format=log_format)
    paths, holes = files or [], [parse_range(text) for text in ranges or []]
    if not paths and not holes:
        raise UserError("There is nothing to import: name log files, or ranges of them by --range FILE:FROM-TO.")
    for path in (*paths, *(hole.path for hole in holes)):
        if not path.is_file():
            raise UserError(f"{path} is not a file: name an access log.")
    with spark_session(settings, "import") as session:
        show_one("import", import_logs(session, settings, chosen, host or settings.host, paths, holes), as_json)


import_files.command_name = "import"  # type: ignore[attr-defined]


COMMANDS: tuple[Callable[..., Any], ...] = (import_files,)
