"""Brings the native parts up and down: a supervisord of our own, asked over its socket below SHOPLOG_HOME."""

from __future__ import annotations

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xmlrpc.client import Fault

import psutil

from shoplog.errors import UserError
from shoplog.settings import Settings
from shoplog.stack import control, kafka
from shoplog.stack.daemon import connect, connected, socket_path, start_supervisor
from shoplog.stack.launch import set_once
from shoplog.stack.leftovers import end_leftovers
from shoplog.stack.parts import PARTS
from shoplog.stack.readiness import await_health, check_before, check_ports

_DOWN = ("stopped", "exited", "fatal", "backoff")


@dataclass(frozen=True, slots=True)
class PartStatus:
    """One part as the supervisor sees it."""

    name: str
    state: str  # running | starting | stopping | stopped | exited | backoff | fatal
    pid: int | None
    since: str | None
    detail: str


def up(settings: Settings, parts: list[str] | None = None, timeout_s: float = 240.0) -> list[PartStatus]:
    """Return the parts' status once all asked for (all by default) are healthy; those already up stay untouched."""
    names = list(PARTS) if parts is None else [name for name in PARTS if name in parts]
    for name in set(parts or ()) - set(PARTS):
        raise UserError(f"There is no part {name!r}: use one of {', '.join(PARTS)}.")
    check_before(settings)
    deadline = time.monotonic() + timeout_s
    with _one_at_a_time(settings):
        if connect(settings) is None:
            # A killed supervisor leaves its parts behind, and they hold the ports.
            end_leftovers(settings)
        down_now = {part.name for part in status(settings) if part.state in _DOWN}
        check_ports(settings, [name for name in names if name in down_now])
        start_supervisor(settings)
        if "kafka" in names:
            _start(settings, "kafka")
            await_health(settings, ["kafka"], deadline, _states)
            kafka.create_topics(settings)
        if any(name.startswith("airflow-") for name in names):
            from shoplog.stack.airflow import prepare_airflow

            prepare_airflow(settings)
        if "stream" in names:
            # Ordered before the others are healthy: the stream gets ready meanwhile.
            control.give_orders(settings, "running")
        for name in names:
            _start(settings, name)
        await_health(settings, names, deadline, _states)
    return status(settings)


def down(settings: Settings, timeout_s: float = 120.0) -> None:
    """Return once every part and the supervisor have ended, including what an earlier crash left behind."""
    if not settings.run_dir.is_dir():
        return
    with _one_at_a_time(settings):
        proxy = connect(settings)
        if proxy is not None:
            process = _process(int(proxy.getPID()))
            proxy.shutdown()
            if process is not None:
                try:
                    process.wait(timeout_s)
                except psutil.TimeoutExpired as error:
                    raise UserError(
                        f"The supervisor (process {process.pid}) did not end in {timeout_s:.0f} s."
                    ) from error
        end_leftovers(settings)
        socket_path(settings).unlink(missing_ok=True)


def status(settings: Settings) -> list[PartStatus]:
    """Return every part's status, all stopped where no supervisor runs."""
    proxy = connect(settings)
    if proxy is None:
        return [PartStatus(name, "stopped", None, None, "not started") for name in PARTS]
    infos = {info["name"]: info for info in proxy.getAllProcessInfo()}
    return [_part_status(name, infos[name]) for name in PARTS if name in infos]


def restart(settings: Settings, name: str, timeout_s: float = 120.0, once: dict[str, str] | None = None) -> PartStatus:
    """Return the part's status after a clean stop and a healthy start; `once` is set for this start alone."""
    proxy = connected(settings)
    _stop(proxy, name)
    if once:
        set_once(settings, name, once)
    _start(settings, name)
    await_health(settings, [name], time.monotonic() + timeout_s, _states)
    return _one(settings, name)


def stop(settings: Settings, name: str) -> PartStatus:
    """Return the part's status after a clean stop of it alone."""
    _stop(connected(settings), name)
    return _one(settings, name)


def kill(settings: Settings, name: str, sig: int = signal.SIGKILL) -> int:
    """Return the process id that the signal was sent to; the supervisor starts the part again."""
    target = pid(settings, name)
    if target is None:
        raise UserError(f"{name} is not running, so there is nothing to kill: see shoplog status.")
    os.kill(target, sig)
    return target


def pid(settings: Settings, name: str) -> int | None:
    """Return a running part's process id."""
    return _one(settings, name).pid


def wait_healthy(settings: Settings, names: list[str], timeout_s: float = 120.0) -> None:
    """Return once the parts named are healthy, or raise `UserError` saying which is not and where its log is."""
    await_health(settings, names, time.monotonic() + timeout_s, _states)


def _one(settings: Settings, name: str) -> PartStatus:
    if name not in PARTS:
        raise UserError(f"There is no part {name!r}: use one of {', '.join(PARTS)}.")
    return next(part for part in status(settings) if part.name == name)


def _part_status(name: str, info: dict[str, Any]) -> PartStatus:
    state = str(info["statename"]).lower()
    at = info["start"] if info["pid"] else info["stop"]
    since = datetime.fromtimestamp(at, UTC).isoformat() if at else None
    return PartStatus(name, state, info["pid"] or None, since, str(info["spawnerr"] or info["description"]))


@contextmanager
def _one_at_a_time(settings: Settings) -> Iterator[None]:
    with (settings.run_dir / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError("Another shoplog up or down is at work on this SHOPLOG_HOME: wait for it.") from error
        yield


def _start(settings: Settings, name: str) -> None:
    try:
        connected(settings).startProcess(name, False)
    except Fault as fault:
        if "ALREADY_STARTED" not in fault.faultString:
            raise UserError(f"{name} cannot be started: {fault.faultString}.") from fault


def _stop(proxy: Any, name: str) -> None:
    try:
        proxy.stopProcess(name, True)
    except Fault as fault:
        if "NOT_RUNNING" not in fault.faultString:
            raise UserError(f"{name} cannot be stopped: {fault.faultString}.") from fault


def _process(number: int) -> psutil.Process | None:
    try:
        return psutil.Process(number)
    except psutil.NoSuchProcess:
        return None


def _states(settings: Settings) -> dict[str, tuple[str, int | None]]:
    return {part.name: (part.state, part.pid) for part in status(settings)}
