"""Percent-encoded texts -> plain ones."""

from __future__ import annotations

import re

import polars as pl

_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def decoded(texts: pl.DataFrame) -> pl.DataFrame:
    """Return columns of percent-encoded texts decoded once, each distinct text once."""
    escaped = texts.select(pl.all().str.contains("%", literal=True).any())
    for name in (column.name for column in escaped if column.any()):
        values = texts[name]
        known = values.filter(values.str.contains("%", literal=True)).unique()
        plain = pl.Series([percent_decoded(text) for text in known], dtype=pl.String)
        texts = texts.with_columns(values.replace(known, plain))
    return texts


def percent_decoded(text: str) -> str:
    """Return `text` decoded once; a run of escapes that is not UTF-8 or hides a control character stays as it is."""
    return _ESCAPES.sub(_decoded_run, text)


def _decoded_run(run: re.Match[str]) -> str:
    try:
        plain = bytes.fromhex(run[0].replace("%", "")).decode("utf-8")
    except UnicodeDecodeError:
        return run[0]
    return run[0] if _CONTROL.search(plain) else plain
