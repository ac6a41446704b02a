"""Which addresses lie in given networks: a shop's own, and those of its proxies."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

import polars as pl

MOST_ADDRESS_CHARACTERS = 45  # the longest IPv6 text


def inside(addresses: pl.Series, networks: Sequence[str]) -> pl.Series:
    """Return whether each address lies in one of the networks; what is no address lies in none."""
    read = _read(tuple(networks))
    distinct = addresses.unique()
    found = [address for address in distinct if address is not None and _is_inside(address, read)]
    return addresses.is_in(found).fill_null(False)


@lru_cache(maxsize=64)
def _read(networks: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(network) for network in networks)


def _is_inside(text: str, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    if len(text) > MOST_ADDRESS_CHARACTERS:
        return False
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return any(address in network for network in networks)
