"""In what form bronze keeps a line: as received, with addresses cut to their network, or encrypted."""

from __future__ import annotations

import re
import secrets
import socket
from collections.abc import Mapping
from functools import lru_cache

import polars as pl
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from shoplog.transforms.formats import compile_format
from shoplog.transforms.formats.addresses import ip_address
from shoplog.transforms.formats.read import text_fields
from shoplog.transforms.parse import MAX_LINE_BYTES, Reading
from shoplog.transforms.text import decoded

# What an encrypted line begins with, and how much longer it is than the line: version, salt, place, AES-GCM's tag.
_VERSION = b"\x00shoplog1"
_SALT_BYTES, _PLACE_BYTES, _TAG_BYTES = 16, 4, 16
_LONGER = len(_VERSION) + _SALT_BYTES + _PLACE_BYTES + _TAG_BYTES
_AN_ADDRESS = re.compile(
    rb"(?<![0-9A-Za-z.:])(?:(?:[0-9A-Fa-f:]*:)?[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9A-Za-z]|\.[0-9])|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![0-9A-Za-z:]))"
)


def truncated(address: str) -> str:
    """Return an IP address without what tells a person: IPv4 keeps 24 bits, IPv6 48; other texts stay."""
    plain = ip_address(address)
    if plain is None:
        return address
    if ":" not in plain:
        return plain.rpartition(".")[0] + ".0"
    return socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, plain)[:6] + bytes(10))


def truncated_lines(lines: pl.DataFrame, refused: pl.Series, readings: Mapping[str, Reading]) -> pl.Series:
    """Return `raw` of lines (site, raw) with the addresses that their format names cut, and all in a line that was refused.

    Wherever else in the line such an address stands, it is cut there, too.
    """
    raw = lines["raw"].to_list()
    for (site,), part in lines.with_row_index("_row").partition_by("site", as_dict=True).items():
        named = _written_addresses(part["raw"], readings[site]) if site in readings else [""] * len(part)
        for row, line_refused, texts in zip(part["_row"], refused.gather(part["_row"]), named, strict=True):
            raw[row] = _AN_ADDRESS.sub(_cut, raw[row]) if line_refused else _without(raw[row], texts)
    return pl.Series("raw", raw, pl.Binary)


def without_addresses(raw: pl.Series) -> pl.Series:
    """Return lines with every address in them cut."""
    lines = [None if line is None else _AN_ADDRESS.sub(_cut, line) for line in raw]
    return pl.Series(raw.name, lines, pl.Binary)


def encrypted(raw: pl.Series, key: bytes) -> pl.Series:
    """Return lines encrypted with AES-GCM: a key of their own for the lines of one call, and a line's place as its nonce."""
    salt = secrets.token_bytes(_SALT_BYTES)
    seal, head = _cipher(key, salt).encrypt, _VERSION + salt
    places = (place.to_bytes(_PLACE_BYTES, "big") for place in range(len(raw)))
    made = [head + place + seal(place.rjust(12, b"\0"), line, None) for place, line in zip(places, raw, strict=True)]
    return pl.Series(raw.name, made, pl.Binary)


def opened(lines: pl.DataFrame, key: bytes | None) -> pl.Series:
    """Return `raw` of lines (raw, line_bytes) as it was before it was encrypted; what was not stays.

    No received line can pass for an encrypted one: it is never longer than its own `line_bytes`. Raises `ValueError` without
    the key that it was encrypted with.
    """
    raw = lines["raw"]
    whole = pl.min_horizontal("line_bytes", pl.lit(MAX_LINE_BYTES))
    is_sealed = pl.col("raw").bin.starts_with(_VERSION) & (pl.col("raw").bin.size() == whole + _LONGER)
    sealed = lines.select(is_sealed.fill_null(False)).to_series()
    if not sealed.any():
        return raw
    if key is None:
        raise ValueError("Lines are encrypted and secrets/raw.key is gone: restore it from a backup.")
    begin, ends = len(_VERSION), (len(_VERSION) + _SALT_BYTES, len(_VERSION) + _SALT_BYTES + _PLACE_BYTES)
    try:
        plain = [
            _cipher(key, line[begin : ends[0]]).decrypt(line[ends[0] : ends[1]].rjust(12, b"\0"), line[ends[1] :], None)
            for line in raw.filter(sealed)
        ]
    except InvalidTag as error:
        raise ValueError("Lines were encrypted with another secrets/raw.key: restore it from a backup.") from error
    return raw.scatter(sealed.arg_true(), pl.Series(plain, dtype=pl.Binary))


@lru_cache(maxsize=1024)
def _cipher(key: bytes, salt: bytes) -> AESGCM:
    # So no nonce is used twice with one key, however many lines there are.
    return AESGCM(HKDFExpand(SHA256(), 32, b"shoplog raw line" + salt).derive(key))


def _written_addresses(raw: pl.Series, reading: Reading) -> list[str]:
    """Return the addresses that a line's format names, as they are written, separated by spaces."""
    found = text_fields(decoded(raw), compile_format(reading.log_format))
    fields = [pl.col(name).fill_null("") for name in ("address", "forwarded") if name in found.columns]
    return found.select(pl.concat_str([pl.lit(""), *fields], separator=" ")).to_series().to_list()


def _without(line: bytes, texts: str) -> bytes:
    for text in texts.replace(",", " ").split():
        pattern, instead = _alone(text)
        line = pattern.sub(instead, line) if instead else line
    return line


@lru_cache(maxsize=20_000)
def _alone(text: str) -> tuple[re.Pattern[bytes], bytes]:
    """Return the pattern of an address as it is written, in the line by itself, and what stands in its place, if anything."""
    found = _AN_ADDRESS.search(text.encode())
    written = found[0] if found else b""
    cut = truncated(written.decode()).encode()
    return re.compile(rb"(?<![0-9A-Za-z.:])" + re.escape(written) + rb"(?![0-9A-Za-z])"), cut if cut != written else b""


def _cut(found: re.Match[bytes]) -> bytes:
    return truncated(found[0].decode()).encode()
