"""Where `make bench-setup` has put the peers."""

from __future__ import annotations

import shutil
from pathlib import Path

from shoplog.errors import UserError
from shoplog.settings import REPOSITORY

_HINT = "run make bench-setup"


def program(name: str) -> str:
    """Return the path of a peer's program, or raise `UserError` where it is not installed."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if found is None:
        raise UserError(f"The peer {name} is not installed: {_HINT}.")
    return found


def peers_python(environment: str = "peers") -> str:
    """Return the Python that has the peers' packages, or raise `UserError` where it is missing."""
    python = REPOSITORY / ".cache" / environment / "bin/python"
    if not python.exists():
        raise UserError(f"The Python environment {environment} of the peers is missing: {_HINT}.")
    return str(python)


def peers_jars(part: str) -> Path:
    """Return the folder of a peer's JVM parts, or raise `UserError` where it is missing."""
    jars = REPOSITORY / ".cache/jars-bench" / part
    if not (jars / ".stamp").exists():
        raise UserError(f"The JVM parts of the peer {part} are missing: {_HINT}.")
    return jars
