"""maintain: what time leaves behind in the tables, and what they hold."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from shoplog.commands.printing import Json, show, show_one
from shoplog.settings import Settings
from shoplog.stack.upkeep_request import ask_for_upkeep, wait_for_upkeep


def maintain(
    as_json: Json = False,
    wait: Annotated[float, typer.Option(help="Seconds to wait for the stream to do its part.")] = 300,
) -> None:
    """Clean up the batch tables and ask the stream to do so with the live ones; show what each table holds.

    Exit code 1 where a published day's files are gone, or a running stream did not do its part.
    """
    from jobs.batch.maintain import maintain as job

    settings = Settings.load()
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    tables = job(settings, datetime.now(UTC))
    # Not at the same time: both write what is gone of bronze.
    request = ask_for_upkeep(settings)
    outcome, is_right = wait_for_upkeep(settings, request, wait)
    show("tables", tables, as_json)
    free = shutil.disk_usage(settings.home).free
    show_one("home", {"disk_free_bytes": free, "live_upkeep": outcome}, as_json)
    if any(table["pins_broken"] for table in tables) or not is_right:
        raise typer.Exit(1)


COMMANDS: tuple[Callable[..., Any], ...] = (maintain,)
