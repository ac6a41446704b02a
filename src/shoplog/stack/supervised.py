"""Single parts as the supervisor sees, starts and stops them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xmlrpc.client import Fault

from shoplog.errors import UserError
from shoplog.settings import Settings
from shoplog.stack.daemon import connect, connected
from shoplog.stack.parts import PARTS


@dataclass(frozen=True, slots=True)
class PartStatus:
    """One part as the supervisor sees it."""

    name: str
    state: str  # running | starting | stopping | stopped | exited | backoff | fatal
    pid: int | None
    since: str | None
    detail: str


def status(settings: Settings) -> list[PartStatus]:
    """Return the parts' status, all stopped where no supervisor runs; without those by name alone that nobody named."""
    return [part for part in _every(settings) if PARTS[part.name].by_default or part.since is not None]


def _every(settings: Settings) -> list[PartStatus]:
    if not settings.supervised:
        return [_asked(settings, name) for name, part in PARTS.items() if part.ask is not None]
    proxy = connect(settings)
    if proxy is None:
        return [PartStatus(name, "stopped", None, None, "not started") for name in PARTS]
    infos = {info["name"]: info for info in proxy.getAllProcessInfo()}
    return [_part_status(name, infos[name]) for name in PARTS if name in infos]


def check_names(names: Iterable[str]) -> None:
    """Raise `UserError` for a name that is no part."""
    for name in names:
        if name not in PARTS:
            raise UserError(f"There is no part {name!r}: use one of {', '.join(PARTS)}.")


def one(settings: Settings, name: str) -> PartStatus:
    """Return one part's status; raises `UserError` for a name that is no part."""
    check_names([name])
    return next(part for part in _every(settings) if part.name == name)


def _asked(settings: Settings, name: str) -> PartStatus:
    ask = PARTS[name].ask
    is_up = ask is not None and ask(settings)
    return PartStatus(name, "running" if is_up else "stopped", None, None, "in a container" if is_up else "no answer")


def _part_status(name: str, info: dict[str, Any]) -> PartStatus:
    state = str(info["statename"]).lower()
    at = info["start"] if info["pid"] else info["stop"]
    since = datetime.fromtimestamp(at, UTC).isoformat() if at else None
    return PartStatus(name, state, info["pid"] or None, since, str(info["spawnerr"] or info["description"]))


def start_part(settings: Settings, name: str) -> None:
    """Have the supervisor start the part, if it is not up."""
    try:
        connected(settings).startProcess(name, False)
    except Fault as fault:
        if "ALREADY_STARTED" not in fault.faultString:
            raise UserError(f"{name} cannot be started: {fault.faultString}.") from fault


def stop_part(proxy: Any, name: str) -> None:
    """Have the supervisor stop the part and wait for its end."""
    try:
        proxy.stopProcess(name, True)
    except Fault as fault:
        if "NOT_RUNNING" not in fault.faultString:
            raise UserError(f"{name} cannot be stopped: {fault.faultString}.") from fault


def states(settings: Settings) -> dict[str, tuple[str, int | None]]:
    """Return state and process id of each part."""
    return {part.name: (part.state, part.pid) for part in _every(settings)}
