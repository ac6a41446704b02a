"""Secrets in files that only their owner reads."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from shoplog.io.whole_file import write_whole, written_beside
from shoplog.settings import Settings

_MODE = 0o600


def secret(settings: Settings, name: str, length: int = 32) -> str:
    """Return a text of so many random bytes that is made once and kept in `secrets_dir`."""
    return made_once(settings.secrets_dir / name, secrets.token_urlsafe(length).encode()).decode()


def made_once(path: Path, content: bytes) -> bytes:
    """Return the file's content, which is `content` where there was no file; its folder is made with mode 0700.

    Several programs start at once: a link appears whole and only once, so none of them reads an empty or another secret.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = written_beside(path, content, _MODE)
        with suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    return path.read_bytes()


def write_private(path: Path, content: bytes) -> None:
    """Write the file anew, whole or not at all, with mode 0600; its folder is made with mode 0700."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_whole(path, content, _MODE)
