"""Tokens, mail addresses and card numbers in URLs are masked: the same for every layer, before a readable column is stored.

Most texts hold nothing of the kind: one pass finds those that may, and only these are looked at closely, each once. All
patterns but that of cards, which has no loops, are Rust's: strangers write the texts, and its time grows with their length only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import polars as pl

from shoplog.contracts import secrets as s
from shoplog.transforms.text import decoded, mapped

URLS = ("url", "path", "referrer")
# What a rule or a campaign took out of a URL, decoded.
VALUES = ("source", "medium", "campaign", "coupon", "search_term", "item_category")
_SHAPES = ((s.USER_SHAPE, f"${{1}}{s.USER}@"), (s.MAIL_SHAPE, s.MAIL), (s.TOKEN_SHAPE, s.TOKEN))
_CARD = re.compile(rf"(?<![0-9])(?:{s.CARD_SHAPE})(?![0-9])")
_MAY_BE_CARD = rf"(?:^|[^0-9])(?:{s.CARD_SHAPE})(?:[^0-9]|$)"
_SUSPECT_VALUE = rf"@|%(?:25)*40|eyJ|{_MAY_BE_CARD}"
_NAME = r"[^=&?#;\s\x22/]*"
_ENCODED_NAME = r"(?:[A-Za-z0-9_.-]|%(?:25)*5[BbDd])*"
# Up to the next parameter, which is encoded as this one is.
_ENCODED_VALUE = r"(?:[^&#%\s\x22]|%(?:[013-9A-Fa-f][0-9A-Fa-f]|2[0-57-9A-Fa-f]))*"


def with_masked_urls(rows: pl.DataFrame, parameters: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    """Return rows with masked url, path and referrer, and masked texts that were taken out of them.

    `parameters` are further names that a site masks, by site. Order ids and item ids stay as the site's rules name them.
    """
    rows = rows.with_columns(masked_urls(rows[name]) for name in URLS)
    for site, names in parameters.items():
        own = rows["site"] == site
        rows = rows.with_columns(masked_urls(rows[name], names, own) for name in URLS)
    return rows.with_columns(masked_values(rows[name]) for name in VALUES)


def masked_urls(texts: pl.Series, names: Sequence[str] = (), of: pl.Series | None = None) -> pl.Series:
    """Return URLs, or lines with URLs in them, with their secrets masked; `names` are further parameters.

    Only those are that `of` says, all by default.
    """
    suspect, parameters = _patterns(tuple(names))
    chosen = texts.str.contains(suspect).fill_null(False)

    def mask(some: pl.Series) -> pl.Series:
        for pattern in parameters:
            some = some.str.replace_all(pattern, f"${{1}}{s.MASKED}")
        return _without_shapes(some)

    return _replaced(texts, chosen if of is None else chosen & of, mask)


def masked_values(texts: pl.Series) -> pl.Series:
    """Return texts without mail addresses, web tokens and card numbers."""
    return _replaced(texts, texts.str.contains(_SUSPECT_VALUE).fill_null(False), _without_shapes)


def masked_lines(lines: pl.Series) -> pl.Series:
    """Return lines that no format reads, as bytes, with what would be masked in URLs masked; all other bytes stay."""
    texts = decoded(lines)
    foreign = texts.is_null() & lines.is_not_null()
    masked = masked_urls(texts).cast(pl.Binary)
    if not foreign.any():
        return masked
    # Bytes that are no text are read as one character each.
    strange = pl.Series([line.decode("latin-1") for line in lines.filter(foreign)], dtype=pl.String)
    plain = [text.encode("latin-1") for text in masked_urls(strange)]
    return masked.scatter(foreign.arg_true(), pl.Series(plain, dtype=pl.Binary))


def _replaced(texts: pl.Series, chosen: pl.Series, mask: Callable[[pl.Series], pl.Series]) -> pl.Series:
    distinct = texts.filter(chosen).unique()
    return texts.replace(distinct, mask(distinct)) if len(distinct) else texts


def _without_shapes(texts: pl.Series) -> pl.Series:
    for shape, instead in _SHAPES:
        texts = texts.str.replace_all(shape, instead)
    return mapped(texts, texts.str.contains(_MAY_BE_CARD), _without_cards)


def _without_cards(text: str) -> str:
    return _CARD.sub(lambda found: s.CARD if _is_card(found[0]) else found[0], text)


@lru_cache(maxsize=64)
def _patterns(names: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Return the pattern of texts to look at closely, and those of secret parameters with all but the value as group 1.

    These are the parameters of a query, of a path, and of a URL that is itself a parameter.
    """
    inside, alone = "|".join(s.SECRET_IN_NAME), "|".join((*s.SECRET_NAMES, *map(re.escape, names)))
    suspect = rf"(?i){inside}|(?:[?&;#]|%3f|%26|amp;)(?:{alone})(?:=|%3d|%253d)|{_SUSPECT_VALUE}"

    def named(around: str) -> str:
        return rf"(?:{around}(?:{inside}){around}|{alone})"

    return suspect, (
        rf"(?i)((?:[?&#]|amp;){named(_NAME)}=)[^&#\s\x22]*",
        rf"(?i)(;{named(_NAME)}=)[^&#?/;\s\x22]*",
        rf"(?i)(%(?:25)*(?:3F|26){named(_ENCODED_NAME)}%(?:25)*3D){_ENCODED_VALUE}",
    )


def _is_card(text: str) -> bool:
    """Return whether the digits hold Luhn's check."""
    digits = [int(digit) for digit in re.sub(r"%(?:25)*2[0BDEbde]|\D", "", text)]
    doubled = (digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[-2::-2])
    return 13 <= len(digits) <= 19 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
