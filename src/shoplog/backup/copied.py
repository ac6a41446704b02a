"""One file into a backup: copied with its sum, or shared with the backup before."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

_SQLITE = b"SQLite format 3\x00"
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class CopiedFile:
    """One file: its bytes, when it was last changed (ns since the epoch) and the SHA-256 of what it holds."""

    size: int
    mtime_ns: int
    sha256: str

    def is_still(self, path: Path) -> bool:
        """Return whether a file that is never changed in place is this one."""
        found = path.stat()
        return (found.st_size, found.st_mtime_ns) == (self.size, self.mtime_ns)


def copy_file(source: Path, copy: Path) -> CopiedFile:
    """Copy a file with its mode and times; a SQLite file as it is between two transactions, whoever writes it now."""
    found = source.stat()
    with source.open("rb") as file:
        is_database = file.read(len(_SQLITE)) == _SQLITE
    if is_database:
        with closing(sqlite3.connect(source, timeout=60)) as database, closing(sqlite3.connect(copy)) as copied:
            database.backup(copied)
        sha256 = sum_of(copy)
    else:
        sha256 = sum_of(source, copy)
    shutil.copymode(source, copy)
    # Time travel goes by when a table's log entries were written.
    os.utime(copy, ns=(found.st_atime_ns, found.st_mtime_ns))
    return CopiedFile(copy.stat().st_size, found.st_mtime_ns, sha256)


def copy_folder(source: Path, copy: Path) -> None:
    """Make the folder `copy`, and those above it that are not there, with the modes of `source` and those above it."""
    if not copy.is_dir():
        copy_folder(source.parent, copy.parent)
        copy.mkdir(mode=0o700)
        shutil.copymode(source, copy)


def sum_of(path: Path, copy: Path | None = None) -> str:
    """Return the SHA-256 of a file, which is copied on the way where `copy` says so."""
    total = hashlib.sha256()
    with path.open("rb") as source, open(copy or os.devnull, "wb") as target:
        if copy:
            copy.chmod(0o600)
        while chunk := source.read(_CHUNK):
            total.update(chunk)
            target.write(chunk)
    return total.hexdigest()
