"""Users of the screens, and the secrets that stand for them, in one SQLite file that only the service reads.

A secret is shown once, when it is made; kept is its hash, so that a copy of the file opens no door.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Literal

from pwdlib import PasswordHash

from shoplog.errors import UserError
from shoplog.settings import Settings

ROLES = ("viewer", "operator", "admin")
Kind = Literal["session", "token", "link"]
# A session ends so long after it was made, a link at its first use or after so long; a token ends when it is removed.
SESSION_S = 14 * 86_400
_LIFE_S: dict[Kind, float | None] = {"session": SESSION_S, "token": None, "link": 600}
_SHORTEST_PASSWORD = 12
_TABLES = """
create table if not exists user (name text primary key, role text not null, sites text not null, password text not null);
create table if not exists secret (
    hash text primary key, user text not null references user (name) on delete cascade, kind text not null, label text,
    made_at real not null, ends_at real);
"""


@dataclass(frozen=True, slots=True)
class User:
    """Who asks: `role` is one of `ROLES`; `sites` are those that may be seen, all where there are none."""

    name: str
    role: str
    sites: tuple[str, ...] = ()


class Access:
    """Says who somebody is, by password or by secret."""

    def __init__(self, settings: Settings) -> None:
        """Keep everything in `web.sqlite3` of the secrets."""
        settings.secrets_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = settings.secrets_dir / "web.sqlite3"
        self._hasher = PasswordHash.recommended()
        with self._opened() as file:
            file.executescript(_TABLES)
        self._path.chmod(0o600)

    def ensure_admin(self) -> None:
        """Make the user `admin` where there is nobody yet; its password stands in `web_password` beside this file."""
        if self.users():
            return
        password = secrets.token_urlsafe(15)
        kept = self._path.with_name("web_password")
        kept.touch(mode=0o600)
        kept.write_text(password + "\n", encoding="utf-8")
        self.put(User("admin", "admin"), password)

    def by_name(self, name: str) -> User | None:
        """Return the user of this name."""
        with self._opened() as file:
            row = file.execute("select name, role, sites from user where name = ?", (name,)).fetchone()
        return row and _user(row)

    def user(self, name: str) -> User:
        """Return the user; raises `UserError` where there is none."""
        found = self.by_name(name)
        if found is None:
            raise UserError(f"There is no user {name!r}: see shoplog user list.")
        return found

    def users(self) -> list[User]:
        """Return every user, by name."""
        with self._opened() as file:
            return [_user(row) for row in file.execute("select name, role, sites from user order by name")]

    def put(self, user: User, password: str) -> None:
        """Add the user, or change it. All its sessions end."""
        if user.role not in ROLES:
            raise UserError(f"Role {user.role!r} is unknown: use {', '.join(ROLES)}.")
        if len(password) < _SHORTEST_PASSWORD:
            raise UserError(f"The password has fewer than {_SHORTEST_PASSWORD} characters: choose a longer one.")
        hashed = self._hasher.hash(password)
        with self._opened() as file:
            file.execute(
                "insert into user values (?, ?, ?, ?) on conflict (name) do update set role = excluded.role, "
                "sites = excluded.sites, password = excluded.password",
                (user.name, user.role, json.dumps(user.sites), hashed),
            )
            file.execute("delete from secret where user = ? and kind != 'token'", (user.name,))

    def remove(self, user: User) -> None:
        """Remove the user with all its secrets."""
        with self._opened() as file:
            file.execute("delete from user where name = ?", (user.name,))

    @cached_property
    def _nobody(self) -> str:
        # Whoever guesses names must wait as long as whoever guesses passwords.
        return self._hasher.hash(secrets.token_hex())

    def by_password(self, name: str, password: str) -> User | None:
        """Return the user whose password this is."""
        with self._opened() as file:
            row = file.execute("select name, role, sites, password from user where name = ?", (name,)).fetchone()
        is_right = self._hasher.verify(password, row[3] if row else self._nobody)
        return _user(row[:3]) if is_right and row else None

    def by_secret(self, secret: str, kinds: Sequence[Kind]) -> User | None:
        """Return the user that the secret stands for; a link does so once."""
        hashed = _hash(secret)
        with self._opened() as file:
            row = file.execute(
                "select u.name, u.role, u.sites, s.kind from secret s join user u on u.name = s.user "
                "where s.hash = ? and coalesce(s.ends_at > ?, true)",
                (hashed, time.time()),
            ).fetchone()
            if row is None or row[3] not in kinds:
                return None
            if row[3] == "link" and not file.execute("delete from secret where hash = ?", (hashed,)).rowcount:
                return None
        return _user(row[:3])

    def make_secret(self, user: User, kind: Kind, label: str = "", life_s: float | None = None) -> str:
        """Return a new secret that stands for the user, for `life_s` seconds or as long as its kind does."""
        secret, now, life_s = secrets.token_urlsafe(32), time.time(), life_s or _LIFE_S[kind]
        with self._opened() as file:
            file.execute("delete from secret where ends_at <= ?", (now,))
            ends_at = None if life_s is None else now + life_s
            file.execute(
                "insert into secret values (?, ?, ?, ?, ?, ?)", (_hash(secret), user.name, kind, label, now, ends_at)
            )
        return secret

    def tokens(self) -> list[tuple[str, str, float]]:
        """Return user, label and time of making (s since the epoch) of every token; what it was nobody knows any more."""
        with self._opened() as file:
            return file.execute("select user, label, made_at from secret where kind = 'token' order by 1, 2").fetchall()

    def remove_token(self, user: User, label: str) -> None:
        """Remove the user's token of this label; raises `UserError` where there is none."""
        query = "delete from secret where kind = 'token' and user = ? and label = ?"
        with self._opened() as file:
            if not file.execute(query, (user.name, label)).rowcount:
                raise UserError(f"{user.name} has no token {label!r}: see shoplog user list.")

    def end_session(self, secret: str) -> None:
        """Let the session stand for nobody any more."""
        with self._opened() as file:
            file.execute("delete from secret where kind = 'session' and hash = ?", (_hash(secret),))

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=10)) as file, file:
            file.execute("pragma foreign_keys = on")
            yield file


def _hash(secret: str) -> str:
    return sha256(secret.encode(errors="replace")).hexdigest()


def _user(row: tuple[str, str, str]) -> User:
    return User(row[0], row[1], tuple(json.loads(row[2])))
