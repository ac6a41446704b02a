"""backup, restore: a copy of the home, and an empty home made of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from shoplog.commands.printing import Json, show_one
from shoplog.settings import Settings


def backup(
    folder: Annotated[Path, typer.Argument(help="Where backups are kept; each gets a folder of its own there.")],
    keep: Annotated[int | None, typer.Option(min=1, help="So many backups stay there; older ones are removed.")] = None,
    as_json: Json = False,
) -> None:
    """Copy tables, certificates, users, secrets and Airflow's database while everything runs."""
    from shoplog.backup.make import make_backup

    show_one("backup", asdict(make_backup(Settings.load(), folder, keep)), as_json)


def restore(
    folder: Annotated[Path, typer.Argument(help="One backup: a folder that has a manifest.json.")],
    as_json: Json = False,
) -> None:
    """Make an empty SHOPLOG_HOME of a backup; then: shoplog up."""
    from shoplog.backup.restore import restore as make_home

    show_one("restore", asdict(make_home(Settings.load(), folder)), as_json)


COMMANDS: tuple[Callable[..., Any], ...] = (backup, restore)
