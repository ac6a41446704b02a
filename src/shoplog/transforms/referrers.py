"""Where a visitor comes from, by a request's referrer and URL: channel, source, medium, campaign, engine, click id."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from urllib.parse import unquote_plus

import polars as pl

from shoplog.contracts import channels as c
from shoplog.transforms.crawlers import domain_of
from shoplog.transforms.distinct import PerDistinct, looked_up

# What is longer is cut before any pattern sees it.
MOST_URL_CHARACTERS = 2048
MOST_VALUE_CHARACTERS = 100
_HOST = r"(?i)^(?:[a-z-]{1,12}:)?//(?:[^/@?#]{0,100}@)?([a-z0-9._-]{1,253})"
_UTM = ("utm_source", "utm_medium", "utm_campaign")
_CLICK = rf"(?i)[?&]({'|'.join(c.CLICK_IDS)})="
_SAID = ["site", "referrer", "_tags"]
_KEYS = ("site", "_host", *(f"_{name}" for name in _UTM), "_click")
# The medium of a referrer by its kind of site; any other site is a referral, as GA4 has it.
_MEDIUM_OF = {"search": "organic", "ai": "ai-assistant", "email": "email"}
_KIND_OF = {key: kind for kind, keys in c.SOURCES.items() for key in keys}


def with_channel(rows: pl.DataFrame, own_hosts: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    """Return rows (site, referrer, url) with the columns of `CHANNEL`; `own_hosts` are each site's own.

    What comes from the site's own hosts or their subdomains has no channel: all columns are null.
    """
    marks = ["utm_", *(f"{name}=" for name in c.CLICK_IDS)]
    tagged = pl.col("url").str.contains_any(marks, ascii_case_insensitive=True)
    keyed = rows.with_columns(pl.when(tagged).then(pl.col("url").str.head(MOST_URL_CHARACTERS)).alias("_tags"))
    host = pl.col("referrer").str.head(MOST_URL_CHARACTERS).str.extract(_HOST).str.to_lowercase().alias("_host")
    # Most pages are linked from few places: nothing is looked for twice.
    distinct = keyed.select(_SAID).unique().with_columns(
        host,
        *(pl.col("_tags").str.extract(rf"(?i)[?&]{name}=([^&#]{{1,400}})").alias(f"_{name}") for name in _UTM),
        pl.col("_tags").str.extract(_CLICK).str.to_lowercase().alias("_click"),
    )  # fmt: skip
    hosts = tuple(sorted((site, tuple(names)) for site, names in own_hosts.items()))
    origins = _origins(hosts).join(distinct).drop(_KEYS[1:])
    return looked_up(keyed, origins, _SAID).drop("_tags")


@lru_cache(maxsize=8)
def _origins(own_hosts: tuple[tuple[str, tuple[str, ...]], ...]) -> PerDistinct:
    own = {site: tuple(_bare(host.lower()) for host in hosts) for site, hosts in own_hosts}
    schema = {column.name: pl.String for column in c.CHANNEL}

    def resolve(keys: pl.DataFrame) -> pl.DataFrame:
        found = [_origin(own.get(site, ()), *rest) for site, *rest in keys.select(_KEYS).iter_rows()]
        return keys.hstack(pl.DataFrame(found, schema=schema, orient="row"))

    return PerDistinct(_KEYS, resolve)


def _origin(own: Sequence[str], host: str | None, *tags: str | None) -> tuple[str | None, ...]:
    """Return channel, source, medium, campaign, search engine and click id of one distinct origin."""
    host = _bare(host) if host else None
    if host and any(host == name or host.endswith(f".{name}") for name in own):
        return (None,) * len(c.CHANNEL)
    source, medium, campaign = (_value(tag) for tag in tags[:3])
    click = tags[3]
    kind, key = _site(host) if host else (None, None)
    by_click = c.CLICK_IDS.get(click, (None, None)) if click and not source else (None, None)
    engine = c.SEARCH_ENGINES.get(str(key), str(key).partition(".")[0].capitalize()) if kind == "search" else None
    by_host: tuple[str | None, str | None] = (None, None)
    if host and not (source or by_click[0]):
        by_host = (engine.lower() if engine else host, _MEDIUM_OF.get(str(kind), "referral"))
    nothing = "(not set)" if source or medium or campaign else "(none)"
    source = (
        (source and source.lower()) or by_click[0] or by_host[0] or ("(direct)" if nothing == "(none)" else nothing)
    )
    medium = (medium and medium.lower()) or by_click[1] or by_host[1] or nothing
    return channel_of(source, medium, campaign or ""), source, medium, campaign, engine, click


def channel_of(source: str, medium: str, campaign: str) -> str:
    """Return the channel of a source, medium and campaign: the first of `CHANNELS` that fits."""
    campaign = campaign.lower()
    kind, _ = _site(source)
    paid = re.match(c.PAID_MEDIUM, medium) is not None
    shopping = kind == "shopping" or re.match(c.SHOPPING_CAMPAIGN, campaign) is not None
    rules = (
        ("Direct", source == "(direct)" and medium in ("(none)", "(not set)")),
        ("Cross-network", "cross-network" in campaign),
        ("Paid Shopping", paid and shopping),
        ("Paid Search", paid and kind == "search"),
        ("Paid Social", paid and kind == "social"),
        ("Paid Video", paid and kind == "video"),
        ("Display", medium in c.DISPLAY_MEDIA),
        ("Paid Other", paid),
        (c.AI_ASSISTANTS, kind == "ai" or medium == "ai-assistant"),
        ("Organic Shopping", shopping),
        ("Organic Social", kind == "social" or medium in c.SOCIAL_MEDIA),
        ("Organic Video", kind == "video" or "video" in medium),
        ("Organic Search", kind == "search" or medium == "organic"),
        ("Email", kind == "email" or source in c.EMAIL or medium in c.EMAIL),
        ("Affiliates", medium == "affiliate"),
        ("Referral", medium in c.REFERRAL_MEDIA),
        ("Audio", medium == "audio"),
        ("SMS", "sms" in (source, medium)),
        ("Mobile Push Notifications", medium.endswith("push") or "mobile" in medium or "notification" in medium
         or source == "firebase"),
    )  # fmt: skip
    return next((name for name, fits in rules if fits), "Unassigned")


def _site(source: str) -> tuple[str | None, str | None]:
    """Return the kind of a site and the key that tells it: its host, a domain above it, or its name before the ending."""
    labels = source.split(".")
    keys = [".".join(labels[n:]) for n in range(len(labels))] if len(labels) <= 10 else [source]
    if len(labels) > 1 and (domain := domain_of(f"@{source}")):
        keys.append(domain.partition(".")[0])
    key = next((key for key in keys if key in _KIND_OF), None)
    return (_KIND_OF[key], key) if key else (None, None)


def _bare(host: str) -> str:
    return host.strip(".").removeprefix("www.")


def _value(text: str | None) -> str | None:
    """Return a tag's value as people wrote it, without what cannot be printed, cut."""
    plain = "".join(character for character in unquote_plus(text or "") if character.isprintable()).strip()
    return plain[:MOST_VALUE_CHARACTERS] or None
