"""Who sent a request: keyed hashes of the day's salt, site and address, with and without the user agent, once per visitor."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, timedelta

import polars as pl

from shoplog.transforms.distinct import looked_up

_KEY = ("event_date", "site", "address", "user_agent")


def with_visitor_ids(rows: pl.DataFrame, salts: Mapping[date, bytes]) -> pl.DataFrame:
    """Return rows with `address_id`, `visitor_id` and `visitor_id_prev` (by the previous day's salt); null where that is dead."""
    distinct = rows.select(_KEY).unique()
    identities = [
        (day, f"{site}\0{address}", f"{site}\0{address}\0{agent or ''}")
        if day and address is not None
        else (None, "", "")
        for day, site, address, agent in distinct.iter_rows()
    ]
    ids = distinct.with_columns(
        pl.Series("address_id", [_hash(salts, day, address) for day, address, _ in identities], pl.String),
        pl.Series("visitor_id", [_hash(salts, day, visitor) for day, _, visitor in identities], pl.String),
        pl.Series(
            "visitor_id_prev",
            [_hash(salts, day - timedelta(days=1) if day else None, visitor) for day, _, visitor in identities],
            pl.String,
        ),
    )
    return looked_up(rows, ids, _KEY)


def with_login_ids(rows: pl.DataFrame, key: bytes) -> pl.DataFrame:
    """Return rows (site, remote_user) with `login_id`; null where the server logged no user."""
    distinct = rows.select("site", "remote_user").unique().drop_nulls()
    made = [login_id(site, user, key) for site, user in distinct.iter_rows()]
    ids = distinct.with_columns(pl.Series("login_id", made, pl.String))
    return looked_up(rows, ids, ["site", "remote_user"])


def address_id(site: str, address: str, salt: bytes) -> str:
    """Return the id of an address at a site on the day of the salt."""
    return _digest(f"{site}\0{address}", salt)


def login_id(site: str, user: str, key: bytes) -> str:
    """Return the id of a user name that a site's server logs."""
    return _digest(f"{site}\0{user}", key)


def _hash(salts: Mapping[date, bytes], day: date | None, identity: str) -> str | None:
    salt = salts.get(day) if day is not None else None
    return _digest(identity, salt) if salt else None


def _digest(identity: str, key: bytes) -> str:
    """Return 16 hexadecimal digits."""
    return hashlib.blake2b(identity.encode(), key=key, digest_size=8).hexdigest()
