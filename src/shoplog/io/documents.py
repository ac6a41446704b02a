"""Logs, pages and certificates below the home in which an address or an id of a person may stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from shoplog.settings import Settings

# Tables, Kafka, secrets and databases are not texts, each is seen to by itself; the sites' log files are the web servers'.
_NOT_THESE = ("warehouse", "kafka", "secrets", "leases", "flume", "checkpoints", "sites")
_DATABASES = (".sqlite3", ".db", ".db-wal", ".db-shm", ".sqlite3-wal", ".sqlite3-shm")


def forget_in_documents(settings: Settings, said: re.Pattern[bytes]) -> int:
    """Write x over what the pattern finds in every document below the home; return how many places there were.

    Of the same length and in place, for some files are being written on meanwhile.
    """
    places = 0
    for path in _documents(settings.home):
        content = path.read_bytes()
        hits = [match.span() for match in said.finditer(content)]
        if hits:
            with path.open("r+b") as file:
                for start, end in hits:
                    file.seek(start)
                    file.write(b"x" * (end - start))
        places += len(hits)
    return places


def _documents(home: Path) -> Iterator[Path]:
    for folder in sorted(path for path in home.iterdir() if path.name not in _NOT_THESE):
        for path in [folder] if folder.is_file() else sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink() and path.suffix not in _DATABASES:
                yield path
