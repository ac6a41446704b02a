"""A rule -> polars expressions over requests (method, status, url, path)."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote

import polars as pl

from shoplog.contracts.events import MAX_URL_BYTES, Rule, RuleSet

# Escaped characters and classes stay; the start of a named group does not: names would clash when patterns are joined.
_GROUP = re.compile(r"(\\.|\[(?:\\.|[^\]\\])*\])|\(\?P?<[A-Za-z_]\w*>", re.DOTALL)


def whole(pattern: str) -> str:
    """Return the pattern that matches a whole text."""
    return f"^(?:{pattern})$"


@lru_cache(maxsize=64)
def may_match(rule_set: RuleSet) -> pl.Expr:
    """Return a cheap test that every matching request passes: it spares most requests (assets) the rules one by one."""
    plain: list[str] = []
    asking: list[str] = []
    for rule in rule_set.rules:
        needs_query = any(not pl.select(pl.lit("").str.contains(whole(text))).item() for _, text in rule.where)
        (asking if needs_query else plain).append(f"(?:{_GROUP.sub(_without_name, rule.path)})")
    has_query = pl.col("url").str.contains("?", literal=True)
    tests = [pl.col("path").str.contains(whole("|".join(plain)))] if plain else []
    tests += [has_query & pl.col("path").str.contains(whole("|".join(asking)))] if asking else []
    return (pl.col("url").str.len_bytes() <= MAX_URL_BYTES) & pl.any_horizontal(*tests, pl.lit(False))


def _without_name(found: re.Match[str]) -> str:
    return found[1] or "(?:"


@lru_cache(maxsize=256)
def parameter(name: str) -> pl.Expr:
    """Return the first value of a parameter of `_query`, encoded as in a path; its name may stand encoded or plain."""
    spelled = "".join(
        char if char.isalnum() or char in "_-" else f"(?:{re.escape(char)}|(?i:{quote(char, safe='')}))"
        for char in name
    )
    pattern = rf"(?:^|&)(?:amp;)?{spelled}=([^&]*)"
    return pl.col("_query").str.extract(pattern).str.replace_all("+", "%20", literal=True).alias(name)


def asked_for(rule: Rule) -> pl.Expr:
    """Return whether method, status and the parameters (columns named `?` and the parameter) fit the rule."""
    fits = pl.col("method").is_in(rule.methods) & pl.any_horizontal(_status(text) for text in rule.statuses)
    return pl.all_horizontal(fits, *(pl.col(f"?{name}").str.contains(whole(text)) for name, text in rule.where))


def _status(text: str) -> pl.Expr:
    low, high = (int(text.replace("x", digit)) for digit in "09")
    return pl.col("status").is_between(low, high)
