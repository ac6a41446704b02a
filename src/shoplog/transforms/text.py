"""Bytes -> text, null where they are not UTF-8; escaped text -> the text it stands for, once per distinct value."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import unquote

import polars as pl

_ONE_BY_ONE = 32
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ESCAPE = re.compile(r'((?:\\x[0-9A-Fa-f]{2})+)|\\(["\\])')


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


def mapped(values: pl.Series, chosen: pl.Series, function: Callable[[str], str | None]) -> pl.Series:
    """Return the series with the function's result where `chosen` is true, asked once per distinct value."""
    distinct = values.filter(chosen).unique().drop_nulls()
    if distinct.is_empty():
        return values
    results = pl.Series([function(value) for value in distinct], dtype=pl.String)
    return values.replace(distinct, results)


def unescaped(values: pl.Series, escapes: str) -> pl.Series:
    r"""Return the text that a server escaped: `backslash` (Apache, nginx), `json` (nginx), `plus` (IIS), `percent`.

    What would become a control character or is not UTF-8 stays as it was written; `control` writes such characters as
    `\xHH` where a JSON reader has already made them.
    """
    if not escapes:
        return values
    mark = {"plus": "+", "percent": "%"}.get(escapes, "\\")
    chosen = values.str.contains(r"[\x00-\x1f\x7f]" if escapes == "control" else re.escape(mark))
    return mapped(values, chosen, _READERS[escapes])


def _from_backslash(value: str) -> str:
    return _ESCAPE.sub(lambda found: found[2] or _from_hex(found[1]), value)


def _from_hex(run: str) -> str:
    try:
        text = bytes.fromhex(run.replace("\\x", "")).decode("utf-8")
    except UnicodeDecodeError:
        return run
    return run if _CONTROL.search(text) else text


def _from_json(value: str) -> str:
    try:
        text = json.loads(f'"{value}"')
        text.encode("utf-8")
    except ValueError:
        return value
    return value if _CONTROL.search(text) else str(text)


def _from_plus(value: str) -> str:
    # Written by IIS, which has no other way to write a space; `++` is a space and a plus.
    return value if " " in value else re.sub(r"\+(\+?)", r" \1", value)


def _from_percent(value: str) -> str:
    # CloudFront has encoded twice: %2520.
    text = unquote(unquote(value, errors="strict") if "%25" in value else value, errors="replace")
    return value if _CONTROL.search(text) else text


def _without_control(value: str) -> str:
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02X}", value)


_READERS: dict[str, Callable[[str], str]] = {
    "backslash": _from_backslash,
    "json": _from_json,
    "plus": _from_plus,
    "percent": _from_percent,
    "control": _without_control,
}
