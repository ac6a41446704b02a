"""user add|list|remove, token add|remove: who may see the screens; dashboard: the way in for whoever runs shoplog."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import typer

from shoplog.commands.printing import Json, show, show_one
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
    before = next((user for user in access.users() if user.name == name), User(name, "viewer"))
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
def add_token(name: Name, label: Annotated[str, typer.Argument(help="What it is for.")]) -> None:
    """Print a new token of the user, which is shown this once: send it as Authorization: Bearer TOKEN."""
    from dashboard.access import Access

    access = Access(Settings.load())
    print(access.make_secret(access.user(name), "token", label))


@tokens.command("remove")
def remove_token(name: Name, label: Annotated[str, typer.Argument(help="What it was for.")]) -> None:
    """Remove the user's tokens of this label."""
    from dashboard.access import Access

    access = Access(Settings.load())
    access.remove_token(access.user(name), label)


def dashboard(
    is_desktop: Annotated[bool, typer.Option("--desktop", help="The native window instead of the web page.")] = False,
    is_wall: Annotated[bool, typer.Option("--wall", help="The window fills the screen with the live view.")] = False,
    url: Annotated[str | None, typer.Option(help="Of another server: the window asks for name and password.")] = None,
    browse: Annotated[bool, typer.Option("--open", help="Open the web page in this machine's browser.")] = False,
    as_json: Json = False,
) -> None:
    """Open the window, or print a link that logs in as admin, once and within ten minutes.

    Whoever may read SHOPLOG_HOME/secrets may be admin.
    """
    settings = Settings.load()
    if is_desktop or is_wall:
        token = os.environ.get("SHOPLOG_TOKEN", "") if url else _admin_secret(settings, "session")
        command = [
            sys.executable,
            "-m",
            "dashboard.desktop",
            url or _own_url(settings),
            *(["--wall"] if is_wall else []),
        ]
        os.execve(command[0], command, os.environ | {"SHOPLOG_TOKEN": token})
    link = admin_link(settings)
    show_one("dashboard", {"link": link}, as_json)
    if browse:
        webbrowser.open(link)


def top() -> None:
    """Show the live figures in this terminal; Enter on a page shows what is known of it today."""
    from dashboard.terminal.top import TopApp

    TopApp(Settings.load()).run()


def admin_link(settings: Settings) -> str:
    """Return the link."""
    return f"{_own_url(settings)}/login#{_admin_secret(settings, 'link')}"


def _own_url(settings: Settings) -> str:
    return f"http://127.0.0.1:{settings.web_port}"


def _admin_secret(settings: Settings, kind: Literal["link", "session"]) -> str:
    from dashboard.access import Access

    access = Access(settings)
    access.ensure_admin()
    admins = [user for user in access.users() if user.role == "admin" and not user.sites]
    if not admins:
        raise UserError("No user is an admin of all sites: make one by shoplog user add NAME --role admin --all-sites.")
    return access.make_secret(min(admins, key=lambda user: user.name != "admin"), kind)


COMMANDS: tuple[Callable[..., Any], ...] = (dashboard, top)
