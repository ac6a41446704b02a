"""Small files that others read while they are written: there whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_whole(path: Path, content: bytes, mode: int | None = None) -> None:
    """Write the file anew, with the mode (by default what the process's mask leaves); its folder has to be there."""
    os.replace(written_beside(path, content, mode), path)


def written_beside(path: Path, content: bytes, mode: int | None = None) -> Path:
    """Return a hidden file beside `path` that holds the content and nobody else writes: to be put into its place."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    if mode is not None:
        # Before there is anything to read.
        fresh.touch(mode=mode)
    fresh.write_bytes(content)
    return fresh
