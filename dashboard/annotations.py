"""What people know of a moment that no log says: a deploy, a campaign, an incident; kept in one SQLite file of the home."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from shoplog.errors import UserError
from shoplog.report.question import Span
from shoplog.settings import Settings

KINDS = ("deploy", "campaign", "incident", "note")
MOST_CHARACTERS = 200
_MOST = 1000
_TABLE = """
create table if not exists annotation (
    id integer primary key autoincrement, at text not null, site text, kind text not null, text text not null,
    user text not null);
create index if not exists annotation_at on annotation (at);
"""


@dataclass(frozen=True, slots=True)
class Annotation:
    """A moment (`at`, UTC) and what happened then, at one site or, without one, at all; `user` wrote it."""

    at: datetime
    kind: str
    text: str
    user: str
    site: str | None = None
    id: int = 0

    def as_object(self) -> dict[str, Any]:
        """Return it in plain values."""
        return asdict(self) | {"at": _written(self.at)}


class Annotations:
    """Adds, finds and removes annotations."""

    def __init__(self, settings: Settings) -> None:
        """Keep them in `annotations.sqlite3` of the home."""
        settings.home.mkdir(parents=True, exist_ok=True)
        self._path = settings.home / "annotations.sqlite3"
        with self._opened() as file:
            file.executescript(_TABLE)

    def add(self, given: Annotation) -> Annotation:
        """Keep it, and return it with its id; raises `UserError` for a kind or a text that cannot be kept."""
        text = " ".join(given.text.split())
        if given.kind not in KINDS:
            raise UserError(f"Kind {given.kind!r} is unknown: use {', '.join(KINDS)}.")
        if not 1 <= len(text) <= MOST_CHARACTERS or not text.isprintable():
            raise UserError(f"An annotation has 1 to {MOST_CHARACTERS} characters that can be printed.")
        values = (_written(given.at), given.site, given.kind, text, given.user)
        with self._opened() as file:
            query = "insert into annotation (at, site, kind, text, user) values (?, ?, ?, ?, ?)"
            return _read((file.execute(query, values).lastrowid, *values))

    def of(self, span: Span, sites: Sequence[str] = ()) -> list[Annotation]:
        """Return those of the span's UTC days, of these sites and of all sites, the newest first, 1,000 at most."""
        of_site = f" and (site is null or site in ({', '.join('?' * len(sites))}))" if sites else ""
        query = f"select * from annotation where substr(at, 1, 10) between ? and ?{of_site} order by at desc, id desc limit {_MOST}"
        with self._opened() as file:
            return [_read(row) for row in file.execute(query, (str(span.first), str(span.last), *sites))]

    def by_id(self, number: int) -> Annotation:
        """Return the one of this id; raises `UserError` where there is none."""
        with self._opened() as file:
            row = file.execute("select * from annotation where id = ?", (number,)).fetchone()
        if row is None:
            raise UserError(f"There is no annotation {number}.")
        return _read(row)

    def remove(self, number: int) -> None:
        """Forget the one of this id."""
        with self._opened() as file:
            file.execute("delete from annotation where id = ?", (number,))

    def forget(self, text: str) -> int:
        """Write x over a text in every annotation; return in how many it stood."""
        with self._opened() as file:
            file.execute("pragma secure_delete = on")
            query = "update annotation set text = replace(text, ?, ?) where instr(text, ?)"
            return file.execute(query, (text, "x" * len(text), text)).rowcount

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=10)) as file, file:
            yield file


def _read(row: tuple[Any, ...]) -> Annotation:
    number, at, site, kind, text, user = row
    return Annotation(datetime.fromisoformat(at), kind, text, user, site, number)


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
