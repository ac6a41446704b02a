"""What must hold before the parts start, and the wait until they are healthy."""

from __future__ import annotations

import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from shoplog.errors import UserError
from shoplog.settings import Settings
from shoplog.sites import load_sites
from shoplog.stack.jvm import check_jars, find_java
from shoplog.stack.parts import PARTS

States = Callable[[Settings], dict[str, tuple[str, int | None]]]


def check_before(settings: Settings) -> None:
    """Return where Java, the sites and a writable home are there, else raise `UserError` naming what is not."""
    find_java()
    for part in ("kafka", "flume", "spark"):
        check_jars(settings, part)
    load_sites(settings)
    try:
        for folder in (settings.run_dir, settings.log_dir):
            folder.mkdir(parents=True, exist_ok=True)
        settings.run_dir.chmod(0o700)
        with tempfile.TemporaryFile(dir=settings.run_dir):
            pass
    except OSError as error:
        raise UserError(f"SHOPLOG_HOME {settings.home} cannot be written to: {error.strerror}.") from error


def check_ports(settings: Settings, names: list[str]) -> None:
    """Return where every port of the parts named is free, else raise `UserError` naming its setting."""
    for setting in (setting for name in names for setting in PARTS[name].ports):
        port = getattr(settings, setting)
        if not is_free(port):
            variable = f"SHOPLOG_{setting.upper()}"
            raise UserError(f"Port {port} is busy: end what uses it or set {variable} to a free one.")


def is_free(port: int) -> bool:
    """Return whether the port can be bound on the loopback address."""
    with socket.socket() as probe:
        # Without this, a port whose last connections are in TIME_WAIT would look busy.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def await_health(settings: Settings, names: list[str], deadline: float, states: States) -> None:
    """Return once the parts named are healthy, else raise `UserError` saying which is not and what it wrote last."""
    waiting = list(names)
    while waiting:
        seen = states(settings)
        for name in list(waiting):
            state, pid = seen[name]
            if state in ("fatal", "exited") or time.monotonic() > deadline:
                log = settings.log_dir / f"{name}.log"
                raise UserError(f"{name} is {state} and not healthy: {_last_line(log)} (see {log})")
            if state == "running" and pid and PARTS[name].is_ready(settings, pid):
                waiting.remove(name)
        if waiting:
            time.sleep(0.2)


def _last_line(log: Path) -> str:
    try:
        lines = log.read_bytes()[-4000:].decode("utf-8", "replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1][:300] if lines else "it wrote nothing"
