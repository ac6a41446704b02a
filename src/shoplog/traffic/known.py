"""Each accepted line with all that the generator knows of it, as one frame: what every true answer is counted from."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from ipaddress import ip_address, ip_network

import polars as pl

from shoplog.traffic.agents import AGENTS, NO_AGENT, PLACE, Agent
from shoplog.traffic.hits import Hit, Origin
from shoplog.traffic.plan import TrafficPlan
from shoplog.traffic.pool import make_pool
from shoplog.traffic.truth_lines import lines_file

PERSON = pl.col("traffic_type") == "Regular"
BOT = ~pl.col("traffic_type").is_in(["Regular", "Internal"])
# Something that a person was shown, not sent on by, and not refused.
PAGE_VIEW = (
    PERSON
    & (pl.col("page_class") == "page")
    & (pl.col("method") == "GET")
    & (pl.col("status").is_between(200, 299) | (pl.col("status") == 304))
)
_AGENT = [name.name for name in fields(Agent) if name.name != "text"]
_ORIGIN = [name.name for name in fields(Origin)]
_TEXTS = ("url", "path", "referrer", "method", "event", "page_class", "item_id", "search_term")
_NUMBERS = ("status", "bytes_sent", "duration_ms", "cents")
_FLAGS = ("is_weak_spot", "is_attack")


def known_lines(plan: TrafficPlan, ids_from: date) -> pl.DataFrame:
    """Return the plan's accepted lines, as `truth_lines` wrote them, with the facts of their hits and agents.

    `time` and `day` are UTC; `visitor` is a number for each pair of address and agent, null before `ids_from`: the first day
    whose salt was alive when the lines came in. What the log format does not write is null.
    """
    pool = make_pool(plan.seed, plan.site)
    hits = _frame_of_hits(pool.hits)
    agents = pl.DataFrame([[getattr(agent, name) for name in _AGENT] for agent in AGENTS], schema=_AGENT, orient="row")
    category = {str(item.item_id): item.category for item in pool.catalogue.items} if plan.catalogue else {}
    lines = pl.read_parquet(lines_file(plan.log_dir))
    if plan.log_format == "common":
        lines = lines.with_columns(agent=pl.lit(PLACE[NO_AGENT.text], pl.Int64))
        hits = hits.with_columns(referrer=pl.lit(None, pl.String))
    if plan.log_format != "nginx_json":
        hits = hits.with_columns(duration_ms=pl.lit(None, pl.Int64))
    time = pl.from_epoch("second", time_unit="s").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    rows = lines.with_columns(time=time).with_columns(day=pl.col("time").dt.date())
    rows = rows.join(hits.with_row_index("hit"), on=pl.col("hit").cast(pl.UInt32), how="left", maintain_order="left")
    rows = rows.join(
        agents.with_row_index("agent"), on=pl.col("agent").cast(pl.UInt32), how="left", maintain_order="left"
    )
    # Whoever shares an address and an agent is one visitor.
    first = {address: place for place, address in reversed(list(enumerate(pool.visitors.addresses)))}
    places = pl.Series([first[address] for address in pool.visitors.addresses])
    own = _own_people(pool.visitors.addresses, plan.own_network)
    number = pl.lit(places).gather(pl.col("visitor")) * len(AGENTS) + pl.col("agent")
    return rows.with_columns(
        pl.lit(plan.site).alias("site"),
        pl.when(PERSON & pl.col("visitor").is_in(own))
        .then(pl.lit("Internal"))
        .otherwise("traffic_type")
        .alias("traffic_type"),
        pl.when(pl.col("day") >= ids_from).then(number).alias("visitor"),
        pl.when(pl.col("event") == "purchase")
        .then(pl.format("A{}", pl.col("order").cast(pl.String).str.zfill(7)))
        .alias("order_id"),
        pl.col("item_id").replace_strict(category, default=None, return_dtype=pl.String).alias("item_category"),
    )


def _own_people(addresses: list[str], network: str | None) -> list[int]:
    """Return the places of the visitors in the network."""
    if network is None:
        return []
    own = ip_network(network)
    return [place for place, address in enumerate(addresses) if ip_address(address) in own]


def _frame_of_hits(hits: list[Hit]) -> pl.DataFrame:
    """Return the hits in their order; an absent text is null, as is the origin of who comes from the site itself."""
    texts = {
        name: pl.Series([getattr(hit, name) or None for hit in hits], dtype=pl.String).replace("-", None)
        for name in _TEXTS
    }
    numbers = {name: pl.Series([getattr(hit, name) for hit in hits], dtype=pl.Int64) for name in _NUMBERS}
    flags = {name: pl.Series([getattr(hit, name) for hit in hits], dtype=pl.Boolean) for name in _FLAGS}
    origins = {
        name: pl.Series([getattr(hit.origin, name) if hit.origin else None for hit in hits], dtype=pl.String)
        for name in _ORIGIN
    }
    return pl.DataFrame({**texts, **numbers, **flags, **origins})
