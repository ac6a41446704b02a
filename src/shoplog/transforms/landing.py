"""What happens to a line when it lands: parse, enrich, visitor ids; the same function for stream, import and recompute."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Protocol

import polars as pl

from shoplog.transforms.agents import with_agents
from shoplog.transforms.enrich import with_country, with_page_class
from shoplog.transforms.parse import Reading, parse_lines
from shoplog.transforms.referrers import with_channel
from shoplog.transforms.visitors import with_visitor_ids


class SiteLike(Protocol):
    """What parsing needs to know of a site."""

    @property
    def log_format(self) -> str:
        """Name of the log format."""

    @property
    def hosts(self) -> tuple[str, ...]:
        """The site's own host names."""

    @property
    def rules_version(self) -> int:
        """Version of the site's rules."""


def line_parser(
    sites: Mapping[str, SiteLike], salts: Mapping[date, bytes] | None
) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Return the function from rows with identity and raw to rows with every parsed column.

    Without salts (recompute) the visitor ids that the rows already carry are kept: they were made once, at landing.
    """
    hosts = {name: site.hosts for name, site in sites.items()}
    readings = {name: Reading(site.log_format, site.rules_version) for name, site in sites.items()}

    def parse(lines: pl.DataFrame) -> pl.DataFrame:
        rows = _enriched(parse_lines(lines, readings), hosts)
        if salts is not None:
            rows = with_visitor_ids(rows, salts)
        return rows.drop("address")

    return parse


def _enriched(rows: pl.DataFrame, hosts: Mapping[str, tuple[str, ...]]) -> pl.DataFrame:
    """Return rows with who, where from and what of the accepted ones; a refused line says nothing of either."""
    numbered = rows.with_row_index("_row")
    accepted = numbered.filter(pl.col("reason").is_null())
    known = with_page_class(with_channel(with_country(with_agents(accepted)), hosts))
    if len(known) == len(rows):
        return known.drop("_row")
    refused = numbered.filter(pl.col("reason").is_not_null())
    return pl.concat([known, refused], how="diagonal").sort("_row").drop("_row")
