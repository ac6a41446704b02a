"""Secrets in files that only their owner reads."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path


def made_once(path: Path, content: bytes) -> bytes:
    """Return the file's content, which is `content` where there was no file; its folder is made with mode 0700.

    Several programs start at once: a link appears whole and only once, so none of them reads an empty or another secret.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = _written(path, content)
        with suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    return path.read_bytes()


def write_private(path: Path, content: bytes) -> None:
    """Write the file anew, whole or not at all, with mode 0600; its folder is made with mode 0700."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.replace(_written(path, content), path)


def _written(path: Path, content: bytes) -> Path:
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    fresh.touch(mode=0o600)
    fresh.write_bytes(content)
    return fresh
