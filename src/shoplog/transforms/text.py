"""Bytes -> text, null where they are not UTF-8."""

from __future__ import annotations

import polars as pl

_ONE_BY_ONE = 32


def decoded(values: pl.Series) -> pl.Series:
    """Return the binary series as text; a value that is not valid UTF-8 becomes null.

    Polars casts a whole series natively or not at all, so a series with a bad value is halved until the bad ones stand
    alone: a few of them in fifty thousand cost some hundred short casts instead of a pass through Python.
    """
    try:
        return values.cast(pl.String)
    except pl.exceptions.ComputeError:
        if len(values) <= _ONE_BY_ONE:
            return pl.Series(values.name, [_text(value) for value in values], pl.String)
        half = len(values) // 2
        return pl.concat([decoded(values[:half]), decoded(values[half:])])


def _text(value: bytes | None) -> str | None:
    try:
        return value.decode("utf-8") if value is not None else None
    except UnicodeDecodeError:
        return None
