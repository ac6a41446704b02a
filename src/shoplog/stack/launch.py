"""Becomes one part of the stack: `python -m shoplog.stack.launch PART` prepares it and turns into it.

The supervisor runs nothing else, so no configuration of its holds a secret and each start sees the present settings.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import psutil
from pydantic import SecretStr

from shoplog.errors import UserError
from shoplog.logs import PART
from shoplog.settings import Settings
from shoplog.stack.jvm import jvm_environment
from shoplog.stack.parts import PARTS


def environment(settings: Settings) -> dict[str, str]:
    """Return the environment of every part: the caller's, with one home, one clock and one interpreter."""
    return {
        **os.environ,
        **jvm_environment(),
        **{f"SHOPLOG_{name.upper()}": _as_text(value) for name, value in settings if value is not None},
        "PYTHONPATH": settings.python_path,
        "PYTHONUNBUFFERED": "1",
        "PYSPARK_PYTHON": sys.executable,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "TZ": "UTC",
    }


def _as_text(value: object) -> str:
    # A part's working folder is not the caller's.
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return str(value.absolute() if isinstance(value, Path) else value)


def _once(settings: Settings, name: str) -> Path:
    return settings.run_dir / f"{name}.once.json"


def set_once(settings: Settings, name: str, variables: dict[str, str]) -> None:
    """Give the next start of a part, and only that one, these variables."""
    _once(settings, name).write_text(json.dumps(variables), encoding="utf-8")


def _take_once(settings: Settings, name: str) -> dict[str, str]:
    try:
        variables: dict[str, str] = json.loads(_once(settings, name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    _once(settings, name).unlink()
    return variables


def pid_file(settings: Settings, name: str) -> Path:
    """Return where a part's process id and start time are, from which leftovers are known after a crash."""
    return settings.run_dir / f"{name}.pid.json"


def main() -> None:
    """Become the part named by the first argument."""
    name = sys.argv[1]
    settings = Settings.load()
    # In a container nobody was here before.
    settings.run_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.environ[PART] = name
    try:
        command = PARTS[name].prepare(settings)
        variables = environment(settings) | PARTS[name].environment(settings)
        variables |= _take_once(settings, name)
    except UserError as error:
        print(error, flush=True)
        sys.exit(2)
    own = {"pid": os.getpid(), "started": psutil.Process().create_time()}
    pid_file(settings, name).write_text(json.dumps(own), encoding="utf-8")
    # The process stays the same: the supervisor's pid is the part's own.
    os.execvpe(command[0], command, variables)


if __name__ == "__main__":
    main()
