"""The conditions of `contracts/attacks.py` as columns: each is judged once per distinct text."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import polars as pl

from shoplog.contracts.attacks import CONDITIONS, MOST_URL_CHARACTERS
from shoplog.transforms.distinct import PerDistinct


def with_conditions(rows: pl.DataFrame, names: Iterable[str]) -> pl.DataFrame:
    """Return rows with the conditions of these names; null where there is no text to judge."""
    by_column: dict[str, list[str]] = {}
    for name in sorted(names):
        by_column.setdefault(CONDITIONS[name].of, []).append(name)
    for column, own in by_column.items():
        rows = _judged(column, tuple(own)).join(rows)
    return rows


@cache
def _judged(column: str, names: tuple[str, ...]) -> PerDistinct:
    beginning = pl.col(column).str.head(MOST_URL_CHARACTERS)
    found = [beginning.str.contains(CONDITIONS[name].pattern).alias(name) for name in names]
    return PerDistinct((column,), lambda keys: keys.with_columns(found))
