"""Visitor ids: a keyed hash of the day's salt, site, address and user agent, once per distinct visitor."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, timedelta

import polars as pl

_KEY = ("event_date", "site", "address", "user_agent")


def with_visitor_ids(rows: pl.DataFrame, salts: Mapping[date, bytes]) -> pl.DataFrame:
    """Return rows with `visitor_id` and `visitor_id_prev` (the previous day's salt); null where that salt is dead."""
    distinct = rows.select(_KEY).unique()
    identities = [
        (day, f"{site}\0{address}\0{agent or ''}".encode()) if day is not None and address is not None else (None, b"")
        for day, site, address, agent in distinct.iter_rows()
    ]
    ids = distinct.with_columns(
        pl.Series("visitor_id", [_hash(salts, day, text) for day, text in identities], pl.String),
        pl.Series(
            "visitor_id_prev",
            [_hash(salts, day - timedelta(days=1) if day else None, text) for day, text in identities],
            pl.String,
        ),
    )
    return rows.join(ids, on=list(_KEY), how="left", nulls_equal=True, maintain_order="left")


def _hash(salts: Mapping[date, bytes], day: date | None, identity: bytes) -> str | None:
    """Return 16 hexadecimal digits, or null without a salt."""
    salt = salts.get(day) if day is not None else None
    return hashlib.blake2b(identity, key=salt, digest_size=8).hexdigest() if salt else None
