"""Delta commits as the stream reads them: the Kafka range each covers, and the files it added."""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from shoplog.errors import UserError

Identity = tuple[int, int] | None
State = tuple[int | None, Identity]


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit: version, its user metadata (empty when it has none) and the absolute paths of the files it added."""

    version: int
    metadata: dict[str, Any]
    added: tuple[str, ...]


def is_table(table: Path) -> bool:
    """Return whether there is a Delta table in the folder."""
    return (table / "_delta_log").is_dir()


def latest_version(table: Path, known: int | None = None) -> int | None:
    """Return the newest version of the table, or None where there is no table.

    With the version that was newest before (`known`) only later ones are looked for, so that the cost does not grow with
    the log, which is listed only where that version is gone.
    """
    log = table / "_delta_log"
    if known is not None and _entry(table, known).exists():
        while _entry(table, known + 1).exists():
            known += 1
        return known
    versions = [int(path.stem) for path in log.glob("*.json") if path.stem.isdigit()] if log.is_dir() else []
    return max(versions, default=None)


def latest_state(table: Path, known: int | None = None) -> State:
    """Return the newest version, as `latest_version`, with what tells its log entry from one of the same number.

    A table that was made anew or restored comes to each version once more.
    """
    version = latest_version(table, known)
    return version, entry_identity(table, version)


def entry_identity(table: Path, version: int | None) -> Identity:
    """Return what tells the version's log entry from another of its number; None where it is gone."""
    try:
        found = None if version is None else _entry(table, version).stat()
    except FileNotFoundError:
        return None
    return None if found is None else (found.st_ino, found.st_mtime_ns)


def written_at(table: Path, version: int) -> float:
    """Return when a version became readable, in seconds since the epoch."""
    return _entry(table, version).stat().st_mtime


def version_at_moment(table: Path, moment: float) -> int | None:
    """Return the newest version that was readable at `moment` (seconds since the epoch), None where none was.

    deltalake's own look-up gives the first version for every earlier moment.
    """
    log = table / "_delta_log"
    versions = sorted(int(path.stem) for path in log.glob("*.json") if path.stem.isdigit()) if log.is_dir() else []
    place = bisect_right(versions, moment, key=lambda version: written_at(table, version))
    return versions[place - 1] if place else None


def _entry(table: Path, version: int) -> Path:
    return table / "_delta_log" / f"{version:020d}.json"


def read_commit(table: Path, version: int) -> Commit:
    """Return one commit; raises `FileNotFoundError` where its log entry is gone, `UserError` where it is damaged."""
    added: list[str] = []
    metadata: dict[str, Any] = {}
    for action in _actions(_entry(table, version)):
        if "add" in action and action["add"].get("dataChange", True):
            added.append(str(table / unquote(action["add"]["path"])))
        elif "commitInfo" in action:
            text = action["commitInfo"].get("userMetadata")
            metadata = json.loads(text) if text else {}
    return Commit(version, metadata, tuple(added))


def file_changes(table: Path, version: int) -> tuple[dict[str, dict[str, str]], set[str]]:
    """Return the files that a commit added, with their partition values, and those that it removed, below the table's folder.

    Raises as `read_commit`.
    """
    added, removed = dict[str, dict[str, str]](), set[str]()
    for action in _actions(_entry(table, version)):
        if "add" in action:
            added[unquote(action["add"]["path"])] = action["add"]["partitionValues"]
        elif "remove" in action:
            removed.add(unquote(action["remove"]["path"]))
    return added, removed


def _actions(entry: Path) -> list[dict[str, Any]]:
    try:
        actions = [json.loads(line) for line in entry.read_text(encoding="utf-8").splitlines()]
    except ValueError:
        actions = []
    # Even the smallest commit says something.
    if not actions:
        raise UserError(f"{entry} is damaged: restore the table from a backup, see docs/runbook.md.")
    return actions


def newest_commit_with_metadata(table: Path, until: int | None = None) -> Commit | None:
    """Return the newest commit, not after version `until`, that carries metadata: a table's creation has none."""
    version = latest_version(table) if until is None else until
    while version is not None and version >= 0:
        commit = read_commit(table, version)
        if commit.metadata:
            return commit
        version -= 1
    return None
