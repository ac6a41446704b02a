"""A copy of SHOPLOG_HOME that is consistent while everything runs; docs/decisions/0025 says why so."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from deltalake import DeltaTable

from shoplog.backup.copied import CopiedFile, copy_file, copy_folder
from shoplog.backup.manifest import NAME, Manifest, shoplog_version
from shoplog.backup.moment import Moment, moment_of
from shoplog.errors import TryLaterError, UserError
from shoplog.io.transactions import paths_of
from shoplog.settings import Settings

# Of one machine, or made anew by what runs: the broker's lines, positions and checkpoints follow from tables and log files.
# The log files are the web servers'.
LEFT_OUT = (
    "kafka", "checkpoints", "run", "logs", "spark", "leases", "stream", "sites", "airflow/logs",
    "flume/taildir_position.json", "flume/taildir_position.good.json", "flume/out_of_memory",
)  # fmt: skip
# What SQLite's own copy has already, and salts: they die within days, wherever they are.
_LEFT_OUT_ENDS = ("-wal", "-shm", "-journal", ".salt")
_TABLES, _LOG = "warehouse", "_delta_log"


@dataclass(frozen=True, slots=True)
class Backup:
    """Where a backup lies, what it holds, how much of it the one before shares, and the old ones that made room."""

    folder: str
    files: int
    bytes: int
    shared_bytes: int
    removed: tuple[str, ...]


def make_backup(settings: Settings, where: Path, keep: int | None = None) -> Backup:
    """Copy the home into a new folder below `where`, of which the newest `keep` backups stay; return what was made.

    Raises `UserError` without tables or a place for the copy, `TryLaterError` where a table lost a file meanwhile.
    """
    where = where.expanduser().resolve()
    if not settings.warehouse.is_dir():
        raise UserError(f"SHOPLOG_HOME {settings.home} holds no tables: is it the right one?")
    if where.is_relative_to(settings.home):
        raise UserError(f"{where} is inside SHOPLOG_HOME: name a folder outside, best on another disk.")
    where.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (where / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TryLaterError(f"Another backup into {where} is at work: wait for it.") from None
        for left in where.glob(".*.partial"):
            shutil.rmtree(left)
        made = where / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        partial = where / f".{made.name}.partial"
        partial.mkdir(mode=0o700)
        moment = moment_of(settings)
        last = next(reversed(_backups(where)), None)
        copied, shared_bytes = _copied(settings, moment, partial, last)
        _check(settings, moment, copied)
        begun, partitions = datetime.now(UTC).isoformat(timespec="seconds"), len(moment.offsets)
        Manifest(shoplog_version(), begun, settings.host, partitions, moment.versions, copied).write(partial)
        partial.rename(made)
        for folder in (removed := [] if keep is None else _backups(where)[:-keep]):
            shutil.rmtree(folder)
    size = sum(file.size for file in copied.values())
    return Backup(str(made), len(copied), size, shared_bytes, tuple(map(str, removed)))


def _backups(where: Path) -> list[Path]:
    return sorted(path.parent for path in where.glob(f"[0-9]*Z/{NAME}"))


def _copied(settings: Settings, moment: Moment, to: Path, last: Path | None) -> tuple[dict[str, CopiedFile], int]:
    """Return what was copied by its path, and how many bytes of it are the last backup's, too."""
    known = Manifest.read(last).files if last else {}
    copied: dict[str, CopiedFile] = {}
    shared_bytes = 0
    for path in _paths(settings.home, moment):
        source, copy = settings.home / path, to / path
        with suppress(FileNotFoundError):  # its writer goes on; what a table needs is asked for afterwards
            copy_folder(source.parent, copy.parent)
            # Of what lies in a table, no file is ever changed.
            if last and path.startswith(_TABLES) and path in known and known[path].is_still(source):
                os.link(last / path, copy)
                copied[path] = known[path]
                shared_bytes += known[path].size
            else:
                copied[path] = copy_file(source, copy)
    return copied, shared_bytes


def _paths(home: Path, moment: Moment) -> Iterator[str]:
    """Yield the paths below the home that are copied: each table's log up to its version, then all other files."""
    for name, version in moment.versions.items():
        for entry in sorted((home / _TABLES / name / _LOG).iterdir()):
            # `_last_checkpoint` may name a later one: readers list the log without it.
            if entry.is_file() and entry.name[:20].isdigit() and int(entry.name[:20]) <= version:
                yield str(entry.relative_to(home))
    for folder, folders, names in os.walk(home):
        below = Path(folder).relative_to(home)
        folders[:] = [name for name in folders if str(below / name) not in LEFT_OUT and name != _LOG]
        paths = (str(below / name) for name in names if not name.endswith(_LEFT_OUT_ENDS))
        yield from (path for path in paths if path not in LEFT_OUT)


def _check(settings: Settings, moment: Moment, copied: dict[str, CopiedFile]) -> None:
    for name, version in moment.versions.items():
        for path in paths_of(DeltaTable(settings.warehouse / name, version=version)):
            if str(path.relative_to(settings.home)) not in copied:
                raise TryLaterError(f"{path} was removed while {name} was copied: run shoplog backup again.")
