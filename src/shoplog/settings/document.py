"""The settings as a page: docs/settings.md, written by `shoplog docs`."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from shoplog.contracts.documents import markdown_table
from shoplog.settings.groups import GROUPS, REPOSITORY

_HEAD = """# Settings

<!-- Written by `shoplog docs` from src/shoplog/settings/groups.py; a test fails when it is stale. -->

Each is an environment variable; a wrong value or an unknown name is refused in one sentence when anything starts.
A *secret* may instead stand in a file of its name, in small letters, below `SHOPLOG_HOME/secrets/`.
Ports are bound to 127.0.0.1 where no setting says otherwise."""


def settings_page() -> str:
    """Return the page of every setting by group: its name, its default, what it means."""
    parts = [_HEAD]
    for group in GROUPS:
        about = (group.__doc__ or "").rstrip(".")
        rows = [
            (f"`SHOPLOG_{name.upper()}`", _default(name, field), (field.description or "").rstrip("."))
            for name, field in group.model_fields.items()
        ]
        parts += [f"## {about}", markdown_table(("setting", "default", "what"), rows)]
    return "\n\n".join(parts) + "\n"


def _default(name: str, field: FieldInfo) -> str:
    if SecretStr in get_args(field.annotation):
        return "none (*secret*)"
    if field.default_factory is not None:
        return {"home": "`~/.local/share/shoplog`", "host": "this machine's name"}[name]
    if field.default is None:
        return "none"
    value = field.default
    if isinstance(value, Path):
        return f"`{value.relative_to(REPOSITORY)}/`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


PAGES = {"settings.md": settings_page}
