"""What this machine has and lacks for the stack, each with the way to mend it."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from shoplog.errors import UserError
from shoplog.settings import Settings
from shoplog.sites import load_sites
from shoplog.stack import supervised
from shoplog.stack.jvm import find_java
from shoplog.stack.parts import PARTS
from shoplog.stack.readiness import is_free

GIB = 1024**3
LEAST_DISK = 5 * GIB
LEAST_MEMORY = 6 * GIB


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `mend` says what to do where it is not in order."""

    name: str
    ok: bool
    detail: str
    mend: str = ""


def doctor(settings: Settings) -> list[Finding]:
    """Return what was found, in the order to mend it."""
    checks: tuple[Callable[[Settings], Finding], ...] = (
        _python, _java, _maven, _chromium, _environment, _jars, _sites, _home, _disk, _memory
    )  # fmt: skip
    return [check(settings) for check in checks] + _ports(settings)


def _python(_settings: Settings) -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    ok = (3, 11) <= sys.version_info[:2] <= (3, 13)
    return Finding("python", ok, version, "Use Python 3.11, 3.12 or 3.13.")


def _java(_settings: Settings) -> Finding:
    try:
        return Finding("java", True, str(find_java()))
    except UserError as error:
        return Finding("java", False, "not found", str(error))


def _maven(_settings: Settings) -> Finding:
    return _program("maven", ("mvn",), "sudo apt-get install -y maven")


def _chromium(_settings: Settings) -> Finding:
    return _program("chromium", ("chromium", "chromium-browser", "google-chrome"), "sudo apt-get install -y chromium")


def _program(name: str, programs: tuple[str, ...], mend: str) -> Finding:
    found = next((path for path in map(shutil.which, programs) if path), None)
    return Finding(name, found is not None, found or "not found", mend)


def _environment(settings: Settings) -> Finding:
    expected = hashlib.sha256((settings.repo / "requirements.lock").read_bytes()).hexdigest()
    return _stamp("python packages", settings.repo / ".venv/.stamp", expected)


def _jars(settings: Settings) -> Finding:
    flume = settings.repo / "flume"
    folders = (flume / "src/main/java/shoplog/flume", flume / "src/spark/shoplog/spark")
    sources = [flume / "pom.xml", *(file for folder in folders for file in sorted(folder.glob("*.java")))]
    expected = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    return _stamp("jvm parts", settings.jars / ".stamp", expected)


def _stamp(name: str, path: Path, expected: str) -> Finding:
    found = path.read_text(encoding="ascii").strip() if path.exists() else ""
    said = "as pinned" if found == expected else "of another pin" if found else "not resolved"
    return Finding(name, found == expected, said, "Run ./shoplog setup.")


def _sites(settings: Settings) -> Finding:
    try:
        return Finding("sites", True, ", ".join(load_sites(settings)))
    except UserError as error:
        return Finding("sites", False, "not readable", str(error))


def _nearest(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _home(settings: Settings) -> Finding:
    folder = _nearest(settings.home)
    try:
        with tempfile.TemporaryFile(dir=folder):
            return Finding("home", True, str(settings.home))
    except OSError as error:
        mend = "Set SHOPLOG_HOME to a folder that can be written to."
        return Finding("home", False, f"{folder}: {error.strerror}", mend)


def _disk(settings: Settings) -> Finding:
    free = shutil.disk_usage(_nearest(settings.home)).free
    mend = f"Free {LEAST_DISK // GIB} GiB or set SHOPLOG_HOME to a larger disk."
    return Finding("disk", free >= LEAST_DISK, f"{free / GIB:.0f} GiB free", mend)


def _memory(_settings: Settings) -> Finding:
    memory = psutil.virtual_memory()
    detail = f"{memory.available / GIB:.0f} of {memory.total / GIB:.0f} GiB free, {os.cpu_count()} cores"
    mend = "End other programs, or bring up fewer parts: shoplog up kafka flume census stream."
    return Finding("memory", memory.available >= LEAST_MEMORY, detail, mend)


def _ports(settings: Settings) -> list[Finding]:
    running = {part.name for part in supervised.status(settings) if part.state == "running"}
    findings = []
    for name, part in PARTS.items():
        for setting in part.ports:
            port = getattr(settings, setting)
            ours = name in running
            free = ours or is_free(port)
            said = f"{port} used by our {name}" if ours else f"{port} {'free' if free else 'busy'}"
            variable = f"SHOPLOG_{setting.upper()}"
            findings.append(Finding(setting, free, said, f"End what uses it or set {variable} to a free port."))
    return findings
