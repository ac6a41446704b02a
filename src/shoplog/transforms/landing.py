"""What happens to a line when it lands: parse, visitor ids; the same function for stream, import and recompute."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Protocol

import polars as pl

from shoplog.transforms.parse import Reading, parse_lines
from shoplog.transforms.visitors import with_visitor_ids


class SiteLike(Protocol):
    """What parsing needs to know of a site."""

    @property
    def log_format(self) -> str:
        """Name of the log format."""

    @property
    def rules_version(self) -> int:
        """Version of the site's rules."""


def line_parser(
    sites: Mapping[str, SiteLike], salts: Mapping[date, bytes] | None
) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Return the function from rows with identity and raw to rows with every parsed column.

    Without salts (recompute) the visitor ids that the rows already carry are kept: they were made once, at landing.
    """
    readings = {name: Reading(site.log_format, site.rules_version) for name, site in sites.items()}

    def parse(lines: pl.DataFrame) -> pl.DataFrame:
        rows = parse_lines(lines, readings)
        if salts is not None:
            rows = with_visitor_ids(rows, salts)
        return rows.drop("address")

    return parse
