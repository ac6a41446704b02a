"""What happens to a line when it lands: parse, enrich, visitor ids; the same function for stream, import and recompute."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Protocol

import polars as pl

from shoplog.contracts.events import RuleSet
from shoplog.transforms.agents import with_agents
from shoplog.transforms.crawlers import Crawler
from shoplog.transforms.enrich import with_country, with_own_traffic, with_page_class
from shoplog.transforms.events import with_events
from shoplog.transforms.formats.addresses import Proxies
from shoplog.transforms.mask import with_masked_urls
from shoplog.transforms.parse import Reading, parse_lines
from shoplog.transforms.referrers import with_channel
from shoplog.transforms.visitors import with_login_ids, with_visitor_ids


class SiteLike(Protocol):
    """What reading a line needs to know of a site."""

    @property
    def log_format(self) -> str:
        """Name of the log format."""

    @property
    def own_proxies(self) -> int:
        """How many proxies of its own stand before its servers."""

    @property
    def trusted_proxies(self) -> tuple[str, ...]:
        """Networks these proxies stand in; none: any."""

    @property
    def own_addresses(self) -> tuple[str, ...]:
        """Networks of the shop's own people and monitoring."""

    @property
    def hosts(self) -> tuple[str, ...]:
        """The site's own host names."""

    @property
    def masked_parameters(self) -> tuple[str, ...]:
        """Names of query parameters that it masks beside those of every site."""

    @property
    def rules(self) -> RuleSet:
        """What its URLs mean."""

    @property
    def rules_version(self) -> int:
        """Version of the site's rules."""


def readings_of(sites: Mapping[str, SiteLike]) -> dict[str, Reading]:
    """Return how each site's lines are read."""
    return {
        name: Reading(site.log_format, site.rules_version, Proxies(site.own_proxies, site.trusted_proxies))
        for name, site in sites.items()
    }


def line_parser(
    sites: Mapping[str, SiteLike],
    catalogues: Mapping[str, pl.DataFrame],
    salts: Mapping[date, bytes] | None,
    login_key: bytes | None = None,
    crawlers: tuple[Crawler, ...] | None = None,
) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Return the function from rows with identity and raw to rows with every parsed column.

    Without salts and key (recompute) the ids that the rows already carry are kept: they were made once, at landing.
    `crawlers` stand in place of the known ones.
    """
    hosts = {name: site.hosts for name, site in sites.items()}
    own = {name: site.own_addresses for name, site in sites.items() if site.own_addresses}
    rules = {name: site.rules for name, site in sites.items()}
    readings = readings_of(sites)
    masked = {name: site.masked_parameters for name, site in sites.items() if site.masked_parameters}

    def enrich(accepted: pl.DataFrame) -> pl.DataFrame:
        rows = with_channel(with_own_traffic(with_country(with_agents(accepted, crawlers)), own), hosts)
        return with_events(with_page_class(rows), rules, catalogues)

    def parse(lines: pl.DataFrame) -> pl.DataFrame:
        rows = _enriched(parse_lines(lines, readings), enrich)
        if salts is not None:
            rows = with_visitor_ids(rows, salts)
        if login_key is not None:
            rows = with_login_ids(rows, login_key)
        # Last: events, channels and templates are of what was asked for, and no figure changes with a mask.
        return with_masked_urls(rows.drop("address"), masked)

    return parse


def _enriched(rows: pl.DataFrame, enrich: Callable[[pl.DataFrame], pl.DataFrame]) -> pl.DataFrame:
    """Return rows with who, where from and what of the accepted ones; a refused line says nothing of them."""
    accepted = rows["reason"].is_null()
    if accepted.all():
        return enrich(rows)
    added = enrich(rows.filter(accepted)).drop(rows.columns)
    # Refused lines are few: each takes a row of nulls put behind those of the accepted ones.
    place = pl.when(accepted).then(accepted.cum_sum() - 1).otherwise(len(added))
    nulls = added.clear(1)
    return rows.hstack(pl.concat([added, nulls])[rows.select(place.cast(pl.UInt32)).to_series()])
