"""How commands print: JSON for machines, a table for people."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

Json = Annotated[bool, typer.Option("--json", help="Machine-readable: one JSON object a line.")]


def as_table(title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows as a table; text from logs is escaped."""
    table = Table(title=title, title_justify="left")
    for name in rows[0] if rows else ():
        table.add_column(name, justify="right" if isinstance(rows[0][name], int | float) else "left")
    for row in rows:
        table.add_row(*(escape(str(value)) for value in row.values()))
    Console().print(table if rows else f"{title}: none")


def show(title: str, rows: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    """Print rows as JSON lines or as a table."""
    if as_json:
        for row in rows:
            print(json.dumps(row, default=str))
    else:
        as_table(title, rows)


def show_one(title: str, row: Mapping[str, Any], as_json: bool) -> None:
    """Print one object as JSON or as name and value."""
    if as_json:
        print(json.dumps(row, default=str))
    else:
        as_table(title, [{"what": name, "value": value} for name, value in row.items()])
