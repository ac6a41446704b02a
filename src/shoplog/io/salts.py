"""One secret salt a UTC day, made when first needed, dead 48 hours after its day ended; and the logins' key, which stays."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from shoplog.io.secrets import made_once

_LIFE_AFTER_DAY = timedelta(hours=48)


def living_salts(folder: Path, now: datetime) -> dict[date, bytes]:
    """Return the salt of each living day, today's and tomorrow's among them; dead ones are removed from disk."""
    remove_dead_salts(folder, now)
    today = now.astimezone(UTC).date()
    living = (today + timedelta(days=step) for step in range(-3, 2))
    return {day: _secret(folder / f"{day.isoformat()}.salt") for day in living if _lives(day, now)}


def remove_dead_salts(folder: Path, now: datetime) -> int:
    """Remove the salts that are dead at the moment (UTC), also where no line comes that would ask for one; return how many."""
    dead = [path for path in folder.glob("*.salt") if not _lives(date.fromisoformat(path.stem), now)]
    for path in dead:
        path.unlink(missing_ok=True)  # of two who clean up one comes first
    return len(dead)


def login_key(folder: Path) -> bytes:
    """Return the key that makes ids of logins; without its file nobody can tell whose they are, nor count them on."""
    return _secret(folder / "login.key")


def raw_key(folder: Path) -> bytes:
    """Return the key that lines are encrypted with, made when first needed; without its file they are lost."""
    return _secret(folder / "raw.key")


def known_raw_key(folder: Path) -> bytes | None:
    """Return that key, None where no line was ever encrypted or the file is gone."""
    return raw_key(folder) if (folder / "raw.key").exists() else None


def _lives(day: date, now: datetime) -> bool:
    end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    return end + _LIFE_AFTER_DAY > now and day <= now.astimezone(UTC).date() + timedelta(days=1)


def _secret(path: Path) -> bytes:
    return made_once(path, secrets.token_bytes(32))
