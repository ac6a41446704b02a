"""dashboard, top: the ways to the screens for whoever runs shoplog."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Callable
from typing import Annotated, Any, Literal

import typer

from shoplog.commands.printing import Json, show_one
from shoplog.errors import UserError
from shoplog.settings import Settings


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
