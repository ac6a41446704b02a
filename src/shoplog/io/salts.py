"""One secret salt a UTC day, made when first needed, dead 48 hours after its day ended; and the logins' key, which stays."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from shoplog.io.secrets import made_once

_LIFE_AFTER_DAY = timedelta(hours=48)


def living_salts(folder: Path, now: datetime) -> dict[date, bytes]:
    """Return the salt of each living day, today's and tomorrow's among them; dead ones are removed from disk."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    today = now.astimezone(UTC).date()
    living = [today + timedelta(days=step) for step in range(-3, 2)]
    living = [day for day in living if _end(day) + _LIFE_AFTER_DAY > now]
    for path in folder.glob("*.salt"):
        if date.fromisoformat(path.stem) not in living:
            path.unlink()
    return {day: _secret(folder / f"{day.isoformat()}.salt") for day in living}


def login_key(folder: Path) -> bytes:
    """Return the key that makes ids of logins; without its file nobody can tell whose they are, nor count them on."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return _secret(folder / "login.key")


def _end(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


def _secret(path: Path) -> bytes:
    return made_once(path, secrets.token_bytes(32))
