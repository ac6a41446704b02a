"""What landing makes of a line, and in what form bronze keeps it: the same for the stream and for imports."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from ipaddress import ip_network

import polars as pl

from shoplog.contracts.columns import VISITOR
from shoplog.errors import UserError
from shoplog.io.salts import living_salts, login_key, raw_key
from shoplog.io.sources import Parse
from shoplog.settings import Settings
from shoplog.sites import Site
from shoplog.transforms.landing import line_parser, readings_of
from shoplog.transforms.raw_forms import encrypted, truncated_lines

# What a cut address keeps, by IP version.
_KEPT_BITS = {4: 24, 6: 48}


def landing_parser(
    settings: Settings, sites: Mapping[str, Site], catalogues: Mapping[str, pl.DataFrame], now: datetime
) -> Parse:
    """Return the function from lines to bronze's rows, by the salts that live at the moment and `bronze_addresses`.

    Raises `UserError` for a site whose networks a cut address cannot be told by.
    """
    salts = living_salts(settings.secrets_dir / "salts", now)
    parse = line_parser(sites, catalogues, salts, login_key(settings.secrets_dir))
    if settings.bronze_addresses == "encrypted":
        key = raw_key(settings.secrets_dir)
        return lambda lines: (rows := parse(lines)).with_columns(encrypted(rows["raw"], key))
    if settings.bronze_addresses == "truncated":
        for site in sites.values():
            _check_networks(site)
        readings, again = readings_of(sites), line_parser(sites, catalogues, None)

        def parse_cut(lines: pl.DataFrame) -> pl.DataFrame:
            # Who it was is known of the whole address; all else is read of the line as it is kept, as a recompute will.
            rows = parse(lines)
            cut = truncated_lines(lines, rows["reason"].is_not_null(), readings)
            return again(lines.with_columns(cut).hstack(rows.select(column.name for column in VISITOR)))

        return parse_cut
    return parse


def _check_networks(site: Site) -> None:
    for name, networks in (("own_addresses", site.own_addresses), ("trusted_proxies", site.trusted_proxies)):
        for network in map(ip_network, networks):
            if network.prefixlen > _KEPT_BITS[network.version]:
                raise UserError(
                    f"{name} of site {site.name}: {network} cannot be told in lines whose addresses are truncated: name its "
                    f"/{_KEPT_BITS[network.version]} network, or set SHOPLOG_BRONZE_ADDRESSES to raw or encrypted."
                )
