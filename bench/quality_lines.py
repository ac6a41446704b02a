"""Clean days of two shops as bronze rows, from a documented random model: what the checks must be silent about.

A day's lines follow the weekday (Saturday and Sunday a quarter less), growth (0.4 % a day), noise (8 %) and the hours' curve of
`shoplog traffic`. A fifth is bots, more or less by the day. 2 % of the lines come in late, up to 0.5 % are malformed and
0.1 % from the future; on some days an agent restarts and sends up to 2 % of the lines again. Seeded: the same seed, the same rows.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl

from shoplog.contracts.columns import REASONS
from shoplog.traffic.schedule import HOURS

FIRST_DAY = date(2026, 3, 2)
SITES = {"north": 6000, "south": 2000}
HOSTS = ("web1", "web2")
_WEEKDAYS = (1.0, 0.98, 1.0, 1.02, 1.05, 0.78, 0.74)
_GROWTH, _NOISE = 0.004, 0.08
_RARE = [reason for reason in REASONS if reason not in ("bad_identity", "unknown_site", "unparsable", "future")]
_STATUSES, _STATUS_SHARES = (200, 304, 302, 404, 403, 500, 101), (0.82, 0.07, 0.05, 0.04, 0.0095, 0.01, 0.0005)
_EVENTS = ("view_item", "add_to_cart", "remove_from_cart", "begin_checkout", "purchase", "search", "")
_EVENT_SHARES = (0.12, 0.03, 0.01, 0.015, 0.01, 0.04, 0.775)
_CHANNELS = ("organic_search", "paid_search", "email", "")
_BOTS = (
    ("Bot", "search_crawler", "Googlebot"),
    ("AI Agent", "ai_crawler", "GPTBot"),
    ("Automation", "http_client", "curl"),
)


def clean_day(day: date, seed: int) -> pl.DataFrame:
    """Return the bronze rows (without raw bytes) of one UTC day of every site, duplicates included."""
    parts = [_of_site(day, site, base, np.random.default_rng((seed, day.toordinal(), n))) for n, (site, base) in
             enumerate(SITES.items())]  # fmt: skip
    return pl.concat(parts)


def _of_site(day: date, site: str, base: int, rng: np.random.Generator) -> pl.DataFrame:
    growth = (1 + _GROWTH) ** (day - FIRST_DAY).days
    n = int(base * _WEEKDAYS[day.weekday()] * growth * np.exp(rng.normal(0, _NOISE)))
    curve = np.array(HOURS) / sum(HOURS)
    second = np.sort(rng.choice(24, n, p=curve) * 3600 + rng.integers(0, 3600, n))
    event = datetime(day.year, day.month, day.day, tzinfo=UTC)
    late = rng.random(n) < 0.02
    lag_ms = np.where(late, rng.uniform(0.2, 5, n) * 3_600_000, 300 + rng.exponential(400, n)).astype(np.int64)
    is_bot = rng.random(n) < rng.normal(0.2, 0.02)
    who = np.where(is_bot, rng.zipf(1.6, n) % 25, 100 + (rng.random(n) ** 2 * n / 8).astype(int))
    bot = rng.choice(len(_BOTS), n, p=(0.5, 0.3, 0.2))
    kind = rng.choice(_EVENTS, n, p=_EVENT_SHARES)
    is_person, item = ~is_bot, rng.integers(0, 40, n)
    status = rng.choice(_STATUSES, n, p=_STATUS_SHARES)
    is_page = (rng.random(n) < 0.4) & is_person
    channel = np.where(is_page & (rng.random(n) < 0.3), rng.choice(_CHANNELS, n), "")
    names = [f"{site}-{number}" for number in who]
    frame = pl.DataFrame({
        "site": [site] * n, "host": rng.choice(HOSTS, n), "line_bytes": rng.integers(120, 320, n),
        "event_time": [event + timedelta(seconds=int(s)) for s in second], "lag_ms": lag_ms,
        "fate": ["accepted"] * n, "method": np.where(rng.random(n) < 0.98, "GET", "POST"),
        "path": [f"/item/{i}" for i in item], "status": status.astype(np.int64),
        "bytes_sent": np.exp(rng.normal(9, 1.1, n)).astype(np.int64), "duration_ms": np.exp(rng.normal(3.5, 1.0, n)),
        "address_id": names, "visitor_id": names, "page_class": np.where(is_page, "page", "asset"),
        "traffic_type": np.where(is_bot, np.array([b[0] for b in _BOTS])[bot], "Regular"),
        "bot_category": np.where(is_bot, np.array([b[1] for b in _BOTS])[bot], ""),
        "bot_name": np.where(is_bot, np.array([b[2] for b in _BOTS])[bot], ""),
        "device": rng.choice(("desktop", "mobile"), n), "os": rng.choice(("Linux", "Android"), n),
        "browser": rng.choice(("Firefox", "Chrome"), n), "country": rng.choice(("DE", "FR", "US"), n),
        "user_agent": np.where(rng.random(n) < 0.995, "agent", ""),
        "referrer": np.where(rng.random(n) < 0.7, "https://shop.example/", ""),
        "channel": channel, "source": np.where(channel == "", "", "source"), "medium": np.where(channel == "", "", "medium"),
        "campaign": [""] * n, "search_engine": [""] * n, "event_name": np.where(is_person, kind, ""),
        "item_id": np.where(np.isin(kind, _EVENTS[:5]), item.astype(str), ""), "item_category": [f"c{i % 5}" for i in item],
        "order_id": np.where(kind == "purchase", [f"{site}-{day}-{i}" for i in range(n)], ""),
        "value": np.where(kind == "purchase", rng.integers(500, 20_000, n) / 100, np.nan),
        "search_term": np.where(kind == "search", [f"term {i % 9}" for i in item], ""),
    })  # fmt: skip
    frame = frame.with_columns(
        pl.when(pl.col(pl.String) != "").then(pl.col(pl.String)), pl.col("value").fill_nan(None),
        pl.lit(None, pl.String).alias("reason"),
    )  # fmt: skip
    frame = _refused(frame, rng)
    return _sent_again(placed(frame, day), rng)


def _refused(frame: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Refuse a few lines, most of them because they cannot be read."""
    n = frame.height
    rates = {"unparsable": rng.uniform(0.001, 0.005), "future": rng.uniform(0, 0.001), **dict.fromkeys(_RARE, 0.0002)}
    draw, reason = rng.random(n), np.full(n, "", dtype=object)
    edge = 0.0
    for name, rate in rates.items():
        reason[(draw >= edge) & (draw < edge + rate)] = name
        edge += rate
    refused = frame.with_columns(pl.Series("reason", list(reason), pl.String).replace("", None))
    return refused.with_columns(
        pl.when(pl.col("reason").is_null()).then(pl.lit("accepted")).otherwise(pl.lit("quarantined")).alias("fate")
    )


def placed(frame: pl.DataFrame, day: date) -> pl.DataFrame:
    """Return the rows with file, byte_offset, partition, ingest time and dates: as agent and broker would have placed them."""
    hour, size = pl.col("event_time").dt.strftime("%H"), pl.col("line_bytes") + 1
    ingest = pl.col("event_time") + pl.duration(milliseconds="lag_ms")
    return frame.with_columns(
        pl.format("access-{}-{}.log", pl.lit(day.strftime("%Y%m%d")), hour).alias("file"),
        ingest.alias("ingest_time"), ingest.dt.date().alias("ingest_date"), pl.lit(day).alias("event_date"),
        pl.col("host").rank("dense").cast(pl.Int32).alias("kafka_partition"),
    ).with_columns(
        (size.cum_sum() - size).over("site", "host", "file").alias("byte_offset")
    )  # fmt: skip


def _sent_again(frame: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Add what an agent sent again after a restart, on every fifth day: the stream knew it by its identity."""
    if rng.random() > 0.2:
        return frame
    first = int(rng.integers(0, frame.height - 50))
    again = frame.slice(first, int(frame.height * rng.uniform(0.002, 0.02)))
    return pl.concat([frame, again.with_columns(pl.lit("duplicate").alias("fate"))])
