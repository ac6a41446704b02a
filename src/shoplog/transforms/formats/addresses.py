"""Addresses as servers log them -> one spelling each; the visitor's address behind the shop's own proxies."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass

import polars as pl

from shoplog.transforms.networks import inside
from shoplog.transforms.text import mapped

_WITH_PORT = re.compile(r"\[([^\[\]]+)\](?::\d{1,5})?|([^:]+):\d{1,5}")
_IPV4_MAPPED = bytes(10) + b"\xff\xff"


def ip_address(text: str) -> str | None:
    """Return the IP address: IPv6 in its shortest form (RFC 5952), IPv4-mapped as IPv4, without a zone; else None.

    The C library's reading: a tenth of what `ipaddress` takes, which counts where every line has an address of its own.
    """
    try:
        if ":" not in text:
            return socket.inet_ntop(socket.AF_INET, socket.inet_pton(socket.AF_INET, text))
        packed = socket.inet_pton(socket.AF_INET6, text.partition("%")[0])
    except (OSError, ValueError):
        return None
    if packed.startswith(_IPV4_MAPPED):
        return socket.inet_ntop(socket.AF_INET, packed[12:])
    return socket.inet_ntop(socket.AF_INET6, packed)


def canonical(value: str) -> str:
    """Return the address without port and brackets, in its one spelling.

    What is no address stays as it is written: a host name (HostnameLookups), an anonymised address.
    """
    address = ip_address(value)
    if address is None and (found := _WITH_PORT.fullmatch(value)):
        host: str = found[1] or found[2]
        return ip_address(host) or host
    return address or value


@dataclass(frozen=True, slots=True, order=True)
class Proxies:
    """A shop's own proxies before its server: how many, and the networks they stand in; without any, all are believed."""

    count: int = 0
    networks: tuple[str, ...] = ()


def client_addresses(address: pl.Series, forwarded: pl.Series | None, proxies: Proxies) -> pl.Series:
    """Return the visitors' addresses: with N own proxies the N-th from the right of X-Forwarded-For, else the peer's.

    Whatever stands further left was sent by the visitor and proves nothing. A line with fewer addresses, with something
    else in that place, or from a peer outside the proxies' networks did not come through the proxies: the peer is the
    visitor.
    """
    peers = mapped(address, address.str.contains(":", literal=True), canonical)
    if forwarded is None or proxies.count < 1:
        return peers
    hop = forwarded.str.split(",").list.get(-proxies.count, null_on_oob=True).str.strip_chars()
    if proxies.networks:
        hop = hop.set(~inside(peers, proxies.networks), None)
    return mapped(hop, hop.is_not_null(), lambda value: ip_address(canonical(value))).fill_null(peers)
