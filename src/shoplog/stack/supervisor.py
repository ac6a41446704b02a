"""Brings the native parts up and down: a supervisord of our own, asked over its socket below SHOPLOG_HOME."""

from __future__ import annotations

import fcntl
import hashlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

import psutil
from supervisor.xmlrpc import SupervisorTransport

from shoplog.errors import UserError
from shoplog.settings import Settings
from shoplog.sites import load_sites
from shoplog.stack import kafka
from shoplog.stack.jvm import find_java
from shoplog.stack.launch import PARTS, environment, set_once
from shoplog.stack.leftovers import end_leftovers

# A Unix socket's path may have 107 characters; supervisord adds its process id while it binds.
_LONGEST_SOCKET = 95


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
    _check_before(settings)
    deadline = time.monotonic() + timeout_s
    with _one_at_a_time(settings):
        running = {part.name for part in status(settings) if part.state == "running"}
        _check_ports(settings, [name for name in names if name not in running])
        _start_supervisor(settings)
        if "kafka" in names:
            _start(settings, "kafka")
            _wait_healthy(settings, ["kafka"], deadline)
            kafka.create_topics(settings)
        if any(name.startswith("airflow-") for name in names):
            from shoplog.stack.airflow import prepare_airflow

            prepare_airflow(settings)
        for name in names:
            _start(settings, name)
        _wait_healthy(settings, names, deadline)
    return status(settings)


def down(settings: Settings, timeout_s: float = 120.0) -> None:
    """Return once every part and the supervisor have ended, including what an earlier crash left behind."""
    if not settings.run_dir.is_dir():
        return
    with _one_at_a_time(settings):
        proxy = _connect(settings)
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
        _socket_path(settings).unlink(missing_ok=True)


def status(settings: Settings) -> list[PartStatus]:
    """Return every part's status, all stopped where no supervisor runs."""
    proxy = _connect(settings)
    if proxy is None:
        return [PartStatus(name, "stopped", None, None, "not started") for name in PARTS]
    infos = {info["name"]: info for info in proxy.getAllProcessInfo()}
    return [_part_status(name, infos[name]) for name in PARTS if name in infos]


def restart(settings: Settings, name: str, timeout_s: float = 120.0, once: dict[str, str] | None = None) -> PartStatus:
    """Return the part's status after a clean stop and a healthy start; `once` is set for this start alone."""
    proxy = _connected(settings)
    _stop(proxy, name)
    if once:
        set_once(settings, name, once)
    _start(settings, name)
    _wait_healthy(settings, [name], time.monotonic() + timeout_s)
    return _one(settings, name)


def stop(settings: Settings, name: str) -> PartStatus:
    """Return the part's status after a clean stop of it alone."""
    _stop(_connected(settings), name)
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
    _wait_healthy(settings, names, time.monotonic() + timeout_s)


def _one(settings: Settings, name: str) -> PartStatus:
    if name not in PARTS:
        raise UserError(f"There is no part {name!r}: use one of {', '.join(PARTS)}.")
    return next(part for part in status(settings) if part.name == name)


def _part_status(name: str, info: dict[str, Any]) -> PartStatus:
    state = str(info["statename"]).lower()
    at = info["start"] if info["pid"] else info["stop"]
    since = datetime.fromtimestamp(at, UTC).isoformat() if at else None
    return PartStatus(name, state, info["pid"] or None, since, str(info["spawnerr"] or info["description"]))


def _check_before(settings: Settings) -> None:
    find_java()
    load_sites(settings)
    try:
        for folder in (settings.run_dir, settings.log_dir):
            folder.mkdir(parents=True, exist_ok=True)
        settings.run_dir.chmod(0o700)
        with tempfile.TemporaryFile(dir=settings.run_dir):
            pass
    except OSError as error:
        raise UserError(f"SHOPLOG_HOME {settings.home} cannot be written to: {error.strerror}.") from error


def _check_ports(settings: Settings, names: list[str]) -> None:
    for setting in (setting for name in names for setting in PARTS[name].ports):
        port = getattr(settings, setting)
        with socket.socket() as probe:
            # Without this, a port whose last connections are in TIME_WAIT would look busy.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                variable = f"SHOPLOG_{setting.upper()}"
                raise UserError(f"Port {port} is busy: end what uses it or set {variable} to a free one.") from error


@contextmanager
def _one_at_a_time(settings: Settings) -> Iterator[None]:
    with (settings.run_dir / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError("Another shoplog up or down is at work on this SHOPLOG_HOME: wait for it.") from error
        yield


def _socket_path(settings: Settings) -> Path:
    path = settings.run_dir / "supervisor.sock"
    if len(os.fsencode(path)) <= _LONGEST_SOCKET:
        return path
    name = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"shoplog-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise UserError(f"{folder} belongs to another user: choose a shorter SHOPLOG_HOME.")
    return folder / f"{name}.sock"


def _connect(settings: Settings) -> Any | None:
    path = _socket_path(settings)
    if not path.exists():
        return None
    proxy = ServerProxy("http://127.0.0.1", transport=SupervisorTransport(None, None, f"unix://{path}")).supervisor
    try:
        proxy.getState()
    except OSError:
        return None
    return proxy


def _connected(settings: Settings) -> Any:
    proxy = _connect(settings)
    if proxy is None:
        raise UserError("The stack is not up: run shoplog up.")
    return proxy


def _configuration(settings: Settings) -> str:
    def quoted(value: object) -> str:
        return str(value).replace("%", "%%")

    lines = [
        "[unix_http_server]",
        f"file={quoted(_socket_path(settings))}",
        "chmod=0700",
        "[supervisord]",
        f"logfile={quoted(settings.log_dir / 'supervisord.log')}",
        "logfile_maxbytes=5MB",
        "logfile_backups=1",
        f"pidfile={quoted(settings.run_dir / 'supervisord.pid')}",
        f"directory={quoted(settings.home)}",
        "[rpcinterface:supervisor]",
        "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface",
    ]
    for order, part in enumerate(PARTS.values()):
        lines += [
            f"[program:{part.name}]",
            f'command="{quoted(sys.executable)}" -m shoplog.stack.launch {part.name}',
            f"directory={quoted(settings.home)}",
            # Ended in the opposite order: the broker outlives those that write to it.
            f"priority={10 * (order + 1)}",
            "autostart=false",
            "autorestart=true",
            "startsecs=2",
            "startretries=10",
            f"stopwaitsecs={part.stop_wait_s}",
            f"stopasgroup={str(part.stop_group).lower()}",
            "killasgroup=true",
            "redirect_stderr=true",
            f"stdout_logfile={quoted(settings.log_dir / part.name)}.log",
            "stdout_logfile_maxbytes=20MB",
            "stdout_logfile_backups=2",
        ]
    return "\n".join(lines) + "\n"


def _start_supervisor(settings: Settings) -> None:
    if _connect(settings) is not None:
        return
    end_leftovers(settings)
    path = settings.run_dir / "supervisord.conf"
    path.write_text(_configuration(settings), encoding="utf-8")
    command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(path)]
    done = subprocess.run(
        command, env=environment(settings), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    deadline = time.monotonic() + 20
    while _connect(settings) is None:
        if done.returncode != 0 or time.monotonic() > deadline:
            said = " ".join((done.stdout + done.stderr).split()[-30:])
            raise UserError(f"The supervisor did not start, see {settings.log_dir / 'supervisord.log'}: {said}")
        time.sleep(0.05)


def _start(settings: Settings, name: str) -> None:
    try:
        _connected(settings).startProcess(name, False)
    except Fault as fault:
        if "ALREADY_STARTED" not in fault.faultString:
            raise UserError(f"{name} cannot be started: {fault.faultString}.") from fault


def _stop(proxy: Any, name: str) -> None:
    try:
        proxy.stopProcess(name, True)
    except Fault as fault:
        if "NOT_RUNNING" not in fault.faultString:
            raise UserError(f"{name} cannot be stopped: {fault.faultString}.") from fault


def _wait_healthy(settings: Settings, names: list[str], deadline: float) -> None:
    waiting = list(names)
    while waiting:
        states = {part.name: part for part in status(settings)}
        for name in list(waiting):
            part = states[name]
            if part.state in ("fatal", "exited") or time.monotonic() > deadline:
                log = settings.log_dir / f"{name}.log"
                raise UserError(f"{name} is {part.state} and not healthy: {_last_line(log)} (see {log})")
            if part.state == "running" and part.pid and PARTS[name].is_ready(settings, part.pid):
                waiting.remove(name)
        if waiting:
            time.sleep(0.2)


def _last_line(log: Path) -> str:
    try:
        lines = log.read_bytes()[-4000:].decode("utf-8", "replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1][:300] if lines else "it wrote nothing"


def _process(number: int) -> psutil.Process | None:
    try:
        return psutil.Process(number)
    except psutil.NoSuchProcess:
        return None
