"""Processes that outlived a killed supervisor: known by their written process id and start time, never by name."""

from __future__ import annotations

import json
from pathlib import Path

import psutil

from shoplog.settings import Settings
from shoplog.stack.launch import pid_file

_SUFFIX = ".pid.json"


def find_leftovers(settings: Settings) -> list[psutil.Process]:
    """Return the parts' processes that still run, with their children."""
    found: dict[int, psutil.Process] = {}
    for path in sorted(settings.run_dir.glob(f"*{_SUFFIX}")):
        process = _read(path)
        if process is None:
            continue
        try:
            family = [process, *process.children(recursive=True)]
        except psutil.NoSuchProcess:
            continue
        found |= {member.pid: member for member in family}
    return list(found.values())


def end_leftovers(settings: Settings, patience_s: float = 15.0) -> int:
    """Return how many processes had to be ended; asks first, then kills."""
    leftovers = find_leftovers(settings)
    for process in leftovers:
        _signal(process, kill=False)
    _, alive = psutil.wait_procs(leftovers, timeout=patience_s)
    for process in alive:
        _signal(process, kill=True)
    psutil.wait_procs(alive, timeout=5)
    for path in settings.run_dir.glob(f"*{_SUFFIX}"):
        path.unlink(missing_ok=True)
    return len(leftovers)


def running(settings: Settings, name: str) -> psutil.Process | None:
    """Return the process of a part that was started by itself, None where it has ended."""
    return _read(pid_file(settings, name))


def _read(path: Path) -> psutil.Process | None:
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        process = psutil.Process(written["pid"])
        # A process id comes round again; the start time does not.
        same = abs(process.create_time() - written["started"]) < 1.0
    except (OSError, ValueError, KeyError, psutil.Error):
        return None
    return process if same and process.status() != psutil.STATUS_ZOMBIE else None


def _signal(process: psutil.Process, kill: bool) -> None:
    try:
        process.kill() if kill else process.terminate()
    except psutil.NoSuchProcess:
        return
