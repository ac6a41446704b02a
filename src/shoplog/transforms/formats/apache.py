"""Apache LogFormat strings -> tokens."""

from __future__ import annotations

import re

from shoplog.transforms.formats.model import CONTROL, FormatError, Token
from shoplog.transforms.formats.times import COMMON_TIME, strftime_token

DIRECTIVE = re.compile(r"%((?:[<>!]|\d{3}(?:,\d{3})*|\{[^}]*\})*)(\^[A-Za-z]{2}|[A-Za-z]|%)")
_ESCAPES = {"n": "\n", "t": "\t"}

_PLAIN = {
    "a": ("address", "address", 3), "h": ("address", "address", 2), "u": ("remote_user", "user", 1),
    "r": ("request", "spaced", 1), "s": ("status", "word", 1), "b": ("bytes", "word", 2), "B": ("bytes", "word", 2),
    "O": ("bytes", "word", 1), "D": ("duration_us", "word", 1), "U": ("url", "path", 1), "q": ("query", "query", 1),
    "m": ("method", "word", 1), "v": ("vhost", "word", 2), "V": ("vhost", "word", 1), "p": ("", "number", 0),
    "A": ("", "address", 0),
}  # fmt: skip
_HEADERS = {
    "referer": ("referrer", "word", 1), "referrer": ("referrer", "word", 1), "user-agent": ("user_agent", "spaced", 1),
    "host": ("vhost", "word", 0), "x-forwarded-for": ("forwarded", "list", 1), "x-request-id": ("request_id", "word", 1),
    "x-cache": ("cache_status", "spaced", 1), "x-cache-status": ("cache_status", "word", 2),
}  # fmt: skip
_ENVIRONMENT = {"unique_id": ("request_id", "word", 0), "cache-status": ("cache_status", "spaced", 0)}


def apache_tokens(text: str) -> list[Token]:
    """Return the tokens of a format string, with or without `LogFormat "..." name` around it."""
    directive = re.match(r'\s*LogFormat\s+"((?:[^"\\]|\\.)*)"', text, re.IGNORECASE)
    text = re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), directive[1] if directive else text)
    tokens, at = [], 0
    for found in DIRECTIVE.finditer(text):
        tokens += [Token(literal=text[at : found.start()])] if found.start() > at else []
        tokens += _tokens(found[1], found[2])
        at = found.end()
    if "%" in text[at:]:
        raise FormatError(f"{text[at:]!r} is no LogFormat directive.")
    tokens += [Token(literal=text[at:])] if at < len(text) else []
    # `%%` gives literals beside literals.
    merged: list[Token] = []
    for token in tokens:
        if token.literal and merged and merged[-1].literal:
            merged[-1] = Token(literal=merged[-1].literal + token.literal)
        else:
            merged.append(token)
    return merged


def _tokens(modifiers: str, letter: str) -> list[Token]:
    """Return what one directive stands for."""
    if letter == "%":
        return [Token(literal="%")]
    argument = next(iter(re.findall(r"\{([^}]*)\}", modifiers)), "")
    outside = re.sub(r"\{[^}]*\}", "", modifiers)
    optional = bool(re.search(r"\d", outside))
    if letter == "t":
        return _time(argument, optional)
    field, kind, rank = _meaning(letter, argument)
    # The status sent is the final one; of everything else the plain directive is meant before `%<` and `%>`.
    if ">" in outside or "<" in outside:
        rank = rank * 10 + (5 if ">" in outside else -5) if letter == "s" else rank * 10 - 5
    else:
        rank *= 10
    return [Token(field=field, kind=kind, rank=rank - optional, optional=optional)]


def _meaning(letter: str, argument: str) -> tuple[str, str, int]:
    """Return field, kind and rank of a directive."""
    if letter == "T":
        unit = argument.lower() or "s"
        if unit not in ("s", "ms", "us"):
            raise FormatError(f"%{{{argument}}}T is no unit of time: use s, ms or us.")
        return f"duration_{unit}", "word", 1
    if letter in ("i", "o"):
        return _HEADERS.get(argument.lower(), ("", "spaced", 0))
    if letter in ("e", "n"):
        return _ENVIRONMENT.get(argument.lower(), ("", "spaced", 0))
    if letter == "a" and argument.lower() == "c":
        return "address", "address", 1
    return _PLAIN.get(letter, ("", "word", 0))


def _time(argument: str, optional: bool) -> list[Token]:
    """Return the tokens of `%t` and `%{...}t`."""
    argument = re.sub(r"^(?:begin|end)(?::|$)", "", argument)
    known = {
        "": [Token(literal="["), Token(time_format=COMMON_TIME, pattern=rf"[^\]{CONTROL}]+", rank=2), Token(literal="]")],
        "sec": [Token(time_format="%s", pattern=r"\d+", rank=1)],
        # Two pieces of one number: seconds, then the fraction.
        "msec": [Token(time_format="%s", pattern=r"\d+", rank=3), Token(time_format="%3f", pattern=r"\d{3}")],
        "usec": [Token(time_format="%s", pattern=r"\d+", rank=3), Token(time_format="%6f", pattern=r"\d{6}")],
        "msec_frac": [Token(time_format="%3f", pattern=r"\d{3}")],
        "usec_frac": [Token(time_format="%6f", pattern=r"\d{6}")],
    }  # fmt: skip
    if argument not in known:
        return [strftime_token(argument, optional)]
    if argument == "" and optional:
        return [Token(time_format=f"[{COMMON_TIME}]", pattern=rf"\[[^\]{CONTROL}]+\]", rank=1, optional=True)]
    return known[argument]
