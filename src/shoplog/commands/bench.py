"""bench: a measurement with its peers beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from shoplog.commands.printing import Json, show
from shoplog.errors import UserError


def bench(
    name: Annotated[str, typer.Argument(help="bots: how many bots are found, and how many people are taken for bots.")],
    logs: Annotated[
        Path | None, typer.Option(help="Folder of real logs to measure on as well: shop-*.log, scanner-*.log.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure, print our figure, its peers and the target; exit code 1 where a target is missed."""
    if name != "bots":
        raise UserError(f"There is no benchmark {name!r}: use bots.")
    if logs is not None and not logs.is_dir():
        raise UserError(f"{logs} is not a folder: name one with access logs.")
    from bench.bots import measure

    rows = measure(logs)
    show(f"bench {name}", rows, as_json)
    if not all(row["holds"] for row in rows):
        raise typer.Exit(1)


COMMANDS: tuple[Callable[..., Any], ...] = (bench,)
