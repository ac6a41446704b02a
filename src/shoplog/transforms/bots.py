"""Visitors that behave like programs, whatever their user agent says; with the rules that tell, so that people can check."""

from __future__ import annotations

import polars as pl

from shoplog.contracts.people import BEHAVIOUR, BEHAVIOUR_POINTS, BEHAVIOUR_RULES, BOT_CATEGORIES
from shoplog.transforms.conditions import with_conditions
from shoplog.transforms.enrich import with_page_class

_VISITOR = ["site", "visitor_id"]


def suspicious_visitors(requests: pl.DataFrame, shares: pl.DataFrame | None = None) -> pl.DataFrame:
    """Return the visitors whose requests add up to 4 points or more: site, visitor_id, bot columns, `BEHAVIOUR`.

    `requests` (site, visitor_id, event_time, url, path, status, referrer) are all of a window's: minutes live, a UTC day
    nightly. Rows without a visitor count for the site's shares only; where `requests` are only some of the visitors,
    `shares` (site, site_assets_share, site_referred_share) are those of all. The category goes by what was fetched: with
    static files `headless_browser`, without `http_client`.
    """
    measures = visitor_measures(requests, shares)
    points = pl.sum_horizontal(
        pl.when(rule).then(BEHAVIOUR_RULES[name][0]).otherwise(0) for name, rule in _RULES.items()
    )
    fired = pl.concat_list(pl.when(rule).then(pl.lit(name)) for name, rule in _RULES.items()).list.drop_nulls()
    category = pl.when(pl.col("assets") > 0).then(pl.lit("headless_browser")).otherwise(pl.lit("http_client"))
    attacker = _RULES["weak_spots"] | _RULES["attacks"]
    return (
        measures.with_columns(
            points.cast(pl.Int32).alias("score"), fired.alias("rules"), category.alias("bot_category")
        )
        .filter(pl.col("score") >= BEHAVIOUR_POINTS)
        .select(
            *_VISITOR,
            pl.lit(BOT_CATEGORIES["http_client"][0]).alias("traffic_type"),
            "bot_category",
            pl.when(attacker).then(pl.lit("(scanner)")).otherwise(pl.lit("(disguised)")).alias("bot_name"),
            *(column.name for column in BEHAVIOUR),
        )
        .sort(_VISITOR)
    )


def visitor_measures(requests: pl.DataFrame, shares: pl.DataFrame | None = None) -> pl.DataFrame:
    """Return what the rules look at, one row per site and visitor, and the site's own shares beside it."""
    refused = (pl.col("status") >= 400) & (pl.col("status") != 499)
    asked = requests.select(*_VISITOR, "event_time", "url", "path", "status", "referrer")
    rows = with_conditions(with_page_class(asked), ("is_attack", "is_weak_spot")).with_columns(
        (pl.col("page_class") == "static").fill_null(False).alias("static"),
        pl.col("is_attack").fill_null(False).alias("attack"),
        (refused & pl.col("is_weak_spot")).fill_null(False).alias("weak"),
        refused.alias("refused"),
    )
    if shares is None:
        shares = rows.group_by("site").agg(
            pl.col("static").mean().alias("site_assets_share"),
            pl.col("referrer").is_not_null().mean().alias("site_referred_share"),
        )
    known = rows.filter(pl.col("visitor_id").is_not_null())
    other = known.filter(~pl.col("static"))
    dynamic = ~pl.col("static")
    totals = known.group_by(_VISITOR).agg(
        dynamic.sum().cast(pl.Int64).alias("requests"),
        pl.col("static").sum().cast(pl.Int64).alias("assets"),
        (pl.col("path") == "/robots.txt").sum().cast(pl.Int64).alias("robots_requests"),
        pl.col("weak").sum().cast(pl.Int64).alias("weak_spot_requests"),
        pl.col("attack").sum().cast(pl.Int64).alias("attack_requests"),
        (dynamic & pl.col("refused")).sum().cast(pl.Int64).alias("error_requests"),
        (dynamic & pl.col("referrer").is_not_null()).sum().cast(pl.Int64).alias("referred_requests"),
    )
    minutes = other.group_by(*_VISITOR, pl.col("event_time").dt.truncate("1m")).len()
    rates = minutes.group_by(_VISITOR).agg(pl.col("len").max().cast(pl.Int64).alias("most_per_minute"))
    paths = other.group_by(*_VISITOR, "path").len()
    entropies = paths.group_by(_VISITOR).agg(pl.col("len").entropy(base=2).alias("path_entropy_bits"))
    return (
        totals.join(rates, on=_VISITOR, how="left")
        .join(entropies, on=_VISITOR, how="left")
        .join(shares.select("site", "site_assets_share", "site_referred_share"), on="site", how="left")
        .with_columns(pl.col("most_per_minute").fill_null(0), pl.col("path_entropy_bits").fill_null(0.0))
    )


_RULES = {
    "weak_spots": pl.col("weak_spot_requests") >= 3,
    "attacks": pl.col("attack_requests") >= 3,
    "robots_txt": pl.col("robots_requests") > 0,
    "rate": pl.col("most_per_minute") > 40,
    "errors": (pl.col("requests") >= 10) & (pl.col("error_requests") * 2 >= pl.col("requests")),
    "no_assets": (pl.col("requests") >= 10) & (pl.col("assets") == 0) & (pl.col("site_assets_share") >= 0.1),
    "no_referrer": (pl.col("requests") >= 10)
    & (pl.col("referred_requests") == 0)
    & (pl.col("site_referred_share") >= 0.1),
    "path_entropy": (pl.col("requests") >= 40) & ~pl.col("path_entropy_bits").is_between(0.5, 5),
}
