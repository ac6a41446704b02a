"""Whose lines are meant: a visitor, a login, or everybody behind an address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from shoplog.transforms.parse import Reading, parse_lines

# Columns that hold ids of people; `subject` is an address's, of an anomaly.
ID_COLUMNS = ("visitor_id", "visitor_id_prev", "login_id", "address_id", "subject")
_OF_KIND = {"visitor": ("visitor_id", "visitor_id_prev"), "login": ("login_id",)}


@dataclass(frozen=True, slots=True)
class Subject:
    """A person as they are asked for: `values` are ids of the kind, or the one address in its one spelling.

    `address_ids` are the address's ids of the days whose salts live: by them it is known in lines that do not say it whole.
    """

    kind: Literal["visitor", "login", "ip"]
    values: tuple[str, ...]
    address_ids: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of bronze that say whether a line is theirs; of an address, what is read anew."""
        return _OF_KIND.get(self.kind, ("site", "raw", "line_bytes", "ingest_time", "address_id"))

    def owns(self, rows: pl.DataFrame, readings: Mapping[str, Reading]) -> pl.Series:
        """Return which bronze rows (`columns`) are theirs.

        A line is an address's where it reads as one of its requests, or where it cannot be read and holds the address.
        """
        if self.kind != "ip":
            named = (pl.col(name).is_in(list(self.values)).fill_null(False) for name in self.columns)
            return rows.select(pl.any_horizontal(*named).alias("theirs")).to_series()
        lines = rows.select(*self.columns[:-1], pl.lit(None, pl.String).alias("reason"))
        read = parse_lines(lines, readings)
        (address,) = self.values
        theirs = (read["address"] == address).fill_null(False)
        theirs |= rows["address_id"].is_in(list(self.address_ids)).fill_null(False)
        held = (rows["raw"].bin.contains(address.encode()) & read["reason"].is_not_null()).fill_null(False).arg_true()
        alone = re.compile(standing_alone(address).encode())
        return theirs.scatter([place for place in held if alone.search(rows["raw"][place])], True)


def standing_alone(text: str) -> str:
    """Return Python's pattern of an address, id or name that is no part of a longer one."""
    before, after = (
        ("(?<![0-9A-Fa-f:])", "(?![0-9A-Fa-f:])") if ":" in text else ("(?<![0-9A-Za-z.])", r"(?!\.?[0-9A-Za-z])")
    )
    return before + re.escape(text) + after
