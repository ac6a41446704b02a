"""The supervisord of one SHOPLOG_HOME: its configuration, its socket, its start."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from xmlrpc.client import ServerProxy

from supervisor.xmlrpc import SupervisorTransport

from shoplog.errors import UserError
from shoplog.logs import RUN, new_run
from shoplog.settings import Settings
from shoplog.stack.launch import environment
from shoplog.stack.parts import PARTS

# A Unix socket's path may have 107 characters; supervisord adds its process id while it binds.
_LONGEST_SOCKET = 95


def socket_path(settings: Settings) -> Path:
    """Return the socket's path: in the run folder, or in a private short one where that is too long for a socket."""
    path = settings.run_dir / "supervisor.sock"
    if len(os.fsencode(path)) <= _LONGEST_SOCKET:
        return path
    name = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"shoplog-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise UserError(f"{folder} belongs to another user: choose a shorter SHOPLOG_HOME.")
    return folder / f"{name}.sock"


def run_file(settings: Settings) -> Path:
    """Return where the run's id stands, which each part's log lines carry: one for each start of the supervisor."""
    return settings.run_dir / "run_id"


def connect(settings: Settings) -> Any | None:
    """Return the supervisor's calls, None where it does not run."""
    path = socket_path(settings)
    if not path.exists():
        return None
    proxy = ServerProxy("http://127.0.0.1", transport=SupervisorTransport(None, None, f"unix://{path}")).supervisor
    try:
        proxy.getState()
    except OSError:
        return None
    return proxy


def connected(settings: Settings) -> Any:
    """Return the supervisor's calls, or raise `UserError` where it does not run."""
    proxy = connect(settings)
    if proxy is None:
        raise UserError("The stack is not up: run shoplog up.")
    return proxy


def configuration(settings: Settings, alone: str | None = None) -> str:
    """Return the supervisor's configuration: every part, started when asked for; or one `alone`, at once, in the foreground."""

    def quoted(value: object) -> str:
        return str(value).replace("%", "%%")

    lines = [
        "[unix_http_server]",
        f"file={quoted(socket_path(settings))}",
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
    for order, part in enumerate(PARTS.values() if alone is None else [PARTS[alone]]):
        log = [f"stdout_logfile={quoted(settings.log_dir / part.name)}.log", "stdout_logfile_maxbytes=20MB"]
        # The container's engine keeps what it writes.
        log = ["stdout_logfile=/dev/fd/1", "stdout_logfile_maxbytes=0"] if alone else log
        lines += [
            f"[program:{part.name}]",
            f'command="{quoted(sys.executable)}" -m shoplog.stack.launch {part.name}',
            f"directory={quoted(settings.home)}",
            # Ended in the opposite order: the broker outlives those that write to it.
            f"priority={10 * (order + 1)}",
            f"autostart={str(alone is not None).lower()}",
            "autorestart=true",
            "startsecs=2",
            "startretries=10",
            f"stopwaitsecs={part.stop_wait_s}",
            f"stopasgroup={str(part.stop_group).lower()}",
            "killasgroup=true",
            "redirect_stderr=true",
            *log,
            "stdout_logfile_backups=2",
        ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Become the supervisor of the one part named by the first argument, in a container of its own."""
    settings = Settings.load()
    for folder in (settings.run_dir, settings.log_dir):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = settings.run_dir / "supervisord.conf"
    path.write_text(configuration(settings, alone=sys.argv[1]), encoding="utf-8")
    command = [sys.executable, "-m", "supervisor.supervisord", "--nodaemon", "-c", str(path)]
    os.execvpe(command[0], command, environment(settings))


def start_supervisor(settings: Settings) -> None:
    """Return once a supervisor answers; one that runs already is kept."""
    if connect(settings) is not None:
        return
    path = settings.run_dir / "supervisord.conf"
    path.write_text(configuration(settings), encoding="utf-8")
    run = new_run()
    run_file(settings).write_text(run, encoding="ascii")
    command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(path)]
    variables = environment(settings) | {RUN: run}
    done = subprocess.run(command, env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    deadline = time.monotonic() + 20
    while connect(settings) is None:
        if done.returncode != 0 or time.monotonic() > deadline:
            said = " ".join((done.stdout + done.stderr).split()[-30:])
            raise UserError(f"The supervisor did not start, see {settings.log_dir / 'supervisord.log'}: {said}")
        time.sleep(0.05)


if __name__ == "__main__":
    main()
