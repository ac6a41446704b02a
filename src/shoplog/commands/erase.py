"""erase: everything of a person leaves, and what is left is proved to add up without them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shoplog.commands.printing import Json, show_one
from shoplog.errors import UserError
from shoplog.settings import Settings

if TYPE_CHECKING:
    from shoplog.transforms.subject import Subject

_NOT_OURS = (
    "Not touched, because they are yours: the web servers' log files (erase them there, or they can be imported again), "
    "backups and snapshots of this home, and what was sent on. A later visit is a new one: only lines up to now are gone."
)


def erase(
    visitor: Annotated[str | None, typer.Option(help="A visitor_id: one visitor on one UTC day and site.")] = None,
    ip: Annotated[str | None, typer.Option(help="An address: all its lines that bronze has.")] = None,
    login: Annotated[str | None, typer.Option(help="A login_id, or the user name that the server logs.")] = None,
    timeout: Annotated[float, typer.Option(help="Seconds that the stream may take to drain and to start again.")] = 600,
    as_json: Json = False,
) -> None:
    """Erase a person from every table, version, document and Kafka; their days are made anew without them.

    Exit code 1 where something of them is left. Run it again after a failure: it goes on.
    """
    from shoplog.commands.erase_run import run_erasure

    settings = Settings.load()
    subject = _subject(settings, visitor, ip, login)
    found = run_erasure(settings, subject, [login] if login else [], timeout)
    show_one("erase", {**found, "note": _NOT_OURS}, as_json)
    if found["left"]:
        raise typer.Exit(1)


def _subject(settings: Settings, visitor: str | None, ip: str | None, login: str | None) -> Subject:
    from shoplog.io.salts import living_salts, login_key
    from shoplog.sites import load_sites
    from shoplog.transforms.formats.addresses import ip_address
    from shoplog.transforms.subject import Subject
    from shoplog.transforms.visitors import address_id, login_id

    given = [name for name, value in (("visitor", visitor), ("ip", ip), ("login", login)) if value]
    if len(given) != 1:
        raise UserError("Name one person: use --visitor ID, --ip ADDRESS or --login ID.")
    sites = load_sites(settings)
    if visitor:
        return Subject("visitor", (_id(visitor),))
    if ip:
        address = ip_address(ip)
        if address is None:
            raise UserError(f"{ip!r} is no IP address: write it as in the log, 192.0.2.1 or 2001:db8::1.")
        salts = living_salts(settings.secrets_dir / "salts", datetime.now(UTC)).values()
        return Subject("ip", (address,), tuple(address_id(site, address, salt) for site in sites for salt in salts))
    key = login_key(settings.secrets_dir)
    named = tuple(login_id(site, str(login), key) for site in sites)
    return Subject("login", (str(login), *named) if re.fullmatch("[0-9a-f]{16}", str(login)) else named)


def _id(text: str) -> str:
    if not re.fullmatch("[0-9a-f]{16}", text):
        raise UserError(f"{text!r} is no visitor_id: it has 16 digits from 0 to f, as silver_request shows it.")
    return text


COMMANDS: tuple[Callable[..., Any], ...] = (erase,)
