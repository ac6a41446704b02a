"""All anomalies of some minutes, series and addresses, each incident once: the one function of stream and batch."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from shoplog.contracts.anomalies import COUNTS
from shoplog.transforms.anomalies.series import SiteWatch, series_anomalies
from shoplog.transforms.anomalies.visitors import address_patterns

_MINUTE = ["site", "window_start"]
# What an address's minutes have of the site's counts.
_OF_VISITOR = {"requests": "requests", "page_views": "visitor_pages", "status_5xx": "status_5xx"}


def found_anomalies(
    traffic: pl.DataFrame,
    visitor_minutes: pl.DataFrame,
    watches: dict[str, SiteWatch],
    known: set[tuple[str, str]],
    closed: datetime | None = None,
) -> pl.DataFrame:
    """Return the anomalies of the minutes; `watches` (by site) and `known` (site and address_id told) go on from here.

    `closed` is the end of the last minute to be judged: see `series_anomalies`.

    What an address did that is an incident of its own is taken from the site's figures first: it is told once, by address.
    """
    patterns = address_patterns(visitor_minutes)
    told = known | {(str(site), str(subject)) for site, subject in patterns.select("site", "subject").iter_rows()}
    series = series_anomalies(_without(traffic, visitor_minutes, told), watches, closed)
    fresh = [row not in known for row in patterns.select("site", "subject").iter_rows()]
    known.update(told)
    return pl.concat([series, patterns.filter(pl.Series(fresh, dtype=pl.Boolean)).select(series.columns)])


def _without(traffic: pl.DataFrame, visitor_minutes: pl.DataFrame, told: set[tuple[str, str]]) -> pl.DataFrame:
    """Return the site's counts without those of the addresses."""
    addresses = pl.DataFrame(list(told), {"site": pl.String, "address_id": pl.String}, orient="row")
    own = visitor_minutes.join(addresses, on=["site", "address_id"], how="semi").group_by(_MINUTE)
    sums = own.agg(pl.col(column).sum().alias(f"_{name}") for name, column in _OF_VISITOR.items())
    rest = [(pl.col(name) - pl.col(f"_{name}").fill_null(0)).alias(name) for name in COUNTS]
    return traffic.join(sums, on=_MINUTE, how="left").select(*_MINUTE, *rest)
