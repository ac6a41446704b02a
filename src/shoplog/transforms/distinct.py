"""Columns that depend on a few keys only: each distinct value is resolved once, and joined to the rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl


def looked_up(rows: pl.DataFrame, known: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Return `rows`, in their order, with what `known` has for each distinct value of the keys; null where it has none.

    The other columns of the rows take no part in the join: they stay where they are.
    """
    keyed = rows.select(keys)
    return rows.hstack(keyed.join(known, on=keys, how="left", nulls_equal=True, maintain_order="left").drop(keys))


class PerDistinct:
    """Adds columns that depend on a few keys only: each distinct key is resolved once and remembered.

    `resolve` gets a frame of distinct keys and returns it with the new columns. Python workers live long and keys come
    from strangers, so all is forgotten once it is more than `most` keys.
    """

    def __init__(self, keys: tuple[str, ...], resolve: Callable[[pl.DataFrame], pl.DataFrame], most: int = 20_000):
        self._keys, self._resolve, self._most = list(keys), resolve, most
        self._known: pl.DataFrame | None = None

    def join(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return `rows`, in their order, with the new columns."""
        distinct = rows.select(self._keys).unique()
        known = self._known
        if known is None:
            known = self._resolve(distinct)
        else:
            new = distinct.join(known, on=self._keys, how="anti", nulls_equal=True)
            if len(new):
                known = pl.concat([known, self._resolve(new)])
        self._known = known if len(known) <= self._most else None
        return looked_up(rows, known, self._keys)
