"""Tokens -> one regular expression with a group for each field we read; Rust matches it in one pass, linear in the line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from shoplog.transforms.formats.model import CONTROL, Format, Token

# Each class excludes what ends it, so that the expression is "one-pass": the Rust engine then fills the groups without
# trying again, three times as fast as with a lazy or ambiguous piece. It also refuses control characters for nothing.
_QUOTED = rf'(?:[^"\\{CONTROL}]|\\[^{CONTROL}])*'
_WORD = rf'[^ "{CONTROL}]'
# What follows the last field after a space is further fields; a quote before it closes a line wrapped in quotes.
_TAIL = rf'"?(?: [^{CONTROL}]*)?$'
_FRACTIONS = ("%3f", "%6f")


def compile_tokens(text: str, tokens: Sequence[Token], more: Sequence[Token] = (), escapes: str = "") -> Format:
    """Return the format of `tokens`, with the fields of `more` where a line goes on with them."""
    every = [*tokens, *more]
    read = _tokens_to_read(every)
    pieces = _pieces(every, read)
    head, rest = "".join(pieces[: len(tokens)]), "".join(pieces[len(tokens) :])
    start = "^" if tokens[0].literal.startswith('"') else '^"?'
    order = [index for index in range(len(every)) if index in read]
    times = [index for index in order if every[index].time_format]
    names = tuple(f"time_{times.index(i) + 1}" if i in times else every[i].field for i in order)
    return Format(
        text=text,
        fields=names,
        time_format=" ".join(every[index].time_format for index in times),
        pattern=start + head + (f"(?:{rest})?" if rest else "") + _TAIL,
        escapes=escapes,
        key_pattern=_key_pattern(every, read, start),
    )


def escaped(literal: str) -> str:
    """Return the literal as a pattern that Rust and Java read alike."""
    return re.sub(r"([\\.+*?()|\[\]{}^$#&~-])", r"\\\1", literal)


def _tokens_to_read(tokens: Sequence[Token]) -> set[int]:
    """Return the indexes of the values that get a group: one a field, and the pieces of one time stamp."""
    best: dict[str, int] = {}
    for index, token in enumerate(tokens):
        if token.field and (token.field not in best or token.rank > tokens[best[token.field]].rank):
            best[token.field] = index
    times = [index for index, token in enumerate(tokens) if token.time_format]
    whole = [index for index in times if re.search(r"%[sSTr]", tokens[index].time_format)
             and re.search(r"%[sdFDej]", tokens[index].time_format)]  # fmt: skip
    if whole:
        main = max(whole, key=lambda index: tokens[index].rank)
        said = tokens[main].time_format
        extra = [index for index in times if tokens[index].time_format in _FRACTIONS and "f" not in said]
        zones = [index for index in times if tokens[index].time_format == "%z" and not re.search(r"%#?z|%s", said)]
        times = sorted({main, *extra[:1], *zones[:1]})
    return {*best.values(), *times}


def _pieces(tokens: Sequence[Token], read: set[int]) -> list[str]:
    """Return each token's pattern, with a group where it is read."""
    left = list(tokens)
    pieces = []
    for index, token in enumerate(left):
        if token.literal:
            pieces.append(escaped(token.literal))
            continue
        after = next((following.literal for following in left[index + 1 :] if following.literal), "")
        adjacent = index + 1 < len(left) and not left[index + 1].literal
        value = _value(token.kind, after, adjacent) if not token.pattern else token.pattern
        if token.kind == "user" and after.startswith(" ["):
            # The space before the bracket goes with the user, who may hold spaces or be empty.
            left[index + 1] = replace(left[index + 1], literal=after[1:])
        group = f"({value})" if index in read else f"(?:{value})"
        pieces.append(f"(?:{group}|-)" if token.optional else group)
    return pieces


def _value(kind: str, after: str, adjacent: bool) -> str:
    """Return the pattern of a value that ends where the literal `after` begins, another value between them or not."""
    end = after[:1]
    if kind == "number":
        return "[0-9-]+"
    if kind == "path" and adjacent:
        return rf'(?:[^"\\?{CONTROL}]|\\[^{CONTROL}])*' if end == '"' else rf'[^ "?{CONTROL}]*'
    if kind == "query":
        rest = _QUOTED if end == '"' else _WORD + "*"
        return rf"(?:\?{rest})?"
    if end == '"':
        return _QUOTED
    if kind == "address":
        return _WORD + "+"
    if kind == "user":
        # Apache writes a user with an empty name as two quotes.
        return rf"[^\[{CONTROL}]*" if after.startswith(" [") else rf'(?:""|{_WORD}+)'
    if end in ("", " "):
        one = rf'[^ ",{CONTROL}]+'
        several = rf"{one}(?:(?:,| :) {one})*"
        return {"spaced": rf"[^{CONTROL}]*", "list": several, "maybe": _WORD + "*"}.get(kind, _WORD + "+")
    return rf"[^{escaped(end)}{CONTROL}]*"


def _key_pattern(tokens: Sequence[Token], read: set[int], start: str) -> str:
    """Return the pattern up to and with the address; quoted values before it end at the next quote.

    Java matches by recursion: the alternation inside a quoted value would overflow its stack on a long line.
    """
    address = next((index for index in sorted(read) if tokens[index].field == "address"), None)
    if address is None:
        return ""
    before = "".join(_pieces(tokens, set())[:address]).replace(_QUOTED, f'[^"{CONTROL}]*')
    after = next((token.literal for token in tokens[address + 1 :] if token.literal), "")
    return rf'{start}{before}([^ "{CONTROL}]{{1,255}}){escaped(after[:1]) or "$"}'
