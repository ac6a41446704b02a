"""user add|list|remove, token add|remove: who may see the screens."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from shoplog.commands.printing import Json, show
from shoplog.errors import UserError
from shoplog.settings import Settings
from shoplog.sites import load_sites

app = typer.Typer(help="Users of the screens; the first, admin, is made with the web part.", no_args_is_help=True)
tokens = typer.Typer(help="Tokens, by which programs ask the API as a user.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The user's name.")]


@app.command()
def add(
    name: Name,
    role: Annotated[str | None, typer.Option(help="viewer (by default), operator or admin.")] = None,
    site: Annotated[list[str] | None, typer.Option(help="May see this site only; repeat it. All by default.")] = None,
    all_sites: Annotated[bool, typer.Option("--all-sites", help="Take the limit to some sites from a user.")] = False,
) -> None:
    """Add a user, or change one: what is not given stays. The password is asked for, or read from standard input."""
    from dashboard.access import Access, User

    settings = Settings.load()
    access = Access(settings)
    before = access.by_name(name) or User(name, "viewer")
    for one in site or ():
        if one not in load_sites(settings):
            raise UserError(f"Site {one!r} is unknown: use one of {', '.join(load_sites(settings))}.")
    if sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\n")
    access.put(User(name, role or before.role, () if all_sites else tuple(site or before.sites)), password)


@app.command("list")
def list_users(as_json: Json = False) -> None:
    """List users and their tokens."""
    from dashboard.access import Access

    access = Access(Settings.load())
    labels: dict[str, list[str]] = {}
    for user, label, made_at in access.tokens():
        labels.setdefault(user, []).append(f"{label} ({datetime.fromtimestamp(made_at, UTC):%Y-%m-%d})")
    rows = [
        {
            "user": user.name,
            "role": user.role,
            "sites": ", ".join(user.sites) or "all",
            "tokens": ", ".join(labels.get(user.name, [])),
        }
        for user in access.users()
    ]
    show("users", rows, as_json)


@app.command()
def remove(name: Name) -> None:
    """Remove a user, its sessions and tokens."""
    from dashboard.access import Access

    access = Access(Settings.load())
    access.remove(access.user(name))


@tokens.command("add")
def add_token(
    name: Name,
    label: Annotated[str, typer.Argument(help="What it is for.")],
    days: Annotated[int | None, typer.Option(min=1, help="It ends after so many days; never by default.")] = None,
) -> None:
    """Print a new token of the user, which is shown this once: send it as Authorization: Bearer TOKEN."""
    from dashboard.access import Access

    access = Access(Settings.load())
    print(access.make_secret(access.user(name), "token", label, days * 86_400 if days else None))


@tokens.command("remove")
def remove_token(name: Name, label: Annotated[str, typer.Argument(help="What it was for.")]) -> None:
    """Remove the user's tokens of this label."""
    from dashboard.access import Access

    access = Access(Settings.load())
    access.remove_token(access.user(name), label)
