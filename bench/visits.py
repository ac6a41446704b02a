"""Requests of log files for benchmarks: with visitor ids, with the verdict on behaviour, and the agents of people in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
from crawleruseragents import is_crawler  # type: ignore[import-untyped]

from shoplog.io.logfile import read_lines
from shoplog.transforms.bots import suspicious_visitors
from shoplog.transforms.enrich import with_page_class
from shoplog.transforms.parse import Reading, parse_lines
from shoplog.transforms.visitors import with_visitor_ids

SITE = "shop"


def requests_of(paths: Sequence[Path]) -> pl.DataFrame:
    """Return the accepted requests of combined log files with `flagged`: whether the visitor behaves like a bot."""
    reading = {SITE: Reading("combined", 1)}
    frames = [
        parse_lines(lines, reading) for path in paths for lines in read_lines(path, SITE, "bench", datetime.now(UTC))
    ]
    accepted = pl.concat(frames).filter(pl.col("reason").is_null())
    requests = with_visitor_ids(accepted, dict.fromkeys(accepted["event_date"].unique(), b"bench"))
    suspicious = suspicious_visitors(requests).select("site", "visitor_id", pl.lit(True).alias("flagged"))
    return requests.join(suspicious, on=["site", "visitor_id"], how="left").with_columns(
        pl.col("flagged").fill_null(False)
    )


def agents_of_people(requests: pl.DataFrame) -> list[str]:
    """Return the distinct agents of visitors who behave like people and that crawler-user-agents does not name.

    They came to a page from another page, loaded static files, did not ask for robots.txt and are not flagged. Crawlers
    that render pages do so too (archive.org_bot), so those of the whole list are left out; our rules are not asked.
    """
    page = pl.col("page_class") == "page"
    visitors = (
        with_page_class(requests)
        .group_by("visitor_id", "user_agent")
        .agg(
            (page & pl.col("referrer").is_not_null()).any().alias("clicked"),
            (pl.col("page_class") == "static").any().alias("loaded"),
            (pl.col("flagged") | (pl.col("path") == "/robots.txt")).any().alias("bot"),
        )
    )
    people = visitors.filter(pl.col("clicked") & pl.col("loaded") & ~pl.col("bot")).drop_nulls("user_agent")
    return [agent for agent in people["user_agent"].unique().sort() if not is_crawler(agent)]
