"""Raw lines -> typed columns and, where a line is refused, the reason. One native pass a format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from shoplog.transforms.formats import compile_format
from shoplog.transforms.formats.addresses import Proxies
from shoplog.transforms.formats.model import CONTROL
from shoplog.transforms.formats.read import COLUMNS, NO_PROXIES, read_lines_as
from shoplog.transforms.text import decoded

MAX_LINE_BYTES = 1_048_576
FUTURE_TOLERANCE_US = 5 * 60 * 1_000_000
# No web server wrote a log before 1995: such a stamp is a broken clock.
_EARLIEST = pl.datetime(1995, 1, 1, time_zone="UTC")
_PARSED = (*COLUMNS, "event_date", "rules_version")


@dataclass(frozen=True, slots=True)
class Reading:
    """How a site's lines are read: format name or string, version of its rules, its own proxies."""

    log_format: str
    rules_version: int
    proxies: Proxies = NO_PROXIES


def parse_lines(lines: pl.DataFrame, readings: Mapping[str, Reading]) -> pl.DataFrame:
    """Return `lines` (site, raw, line_bytes, ingest_time, maybe reason) with parsed columns, `address` and `reason`.

    Parsed columns are `formats.read.COLUMNS`, event_date and rules_version. The order of the rows stays. A reason that
    is already set (bad identity) is kept.
    """
    ways = sorted({(reading.log_format, reading.proxies) for reading in readings.values()})
    way_of = {site: ways.index((reading.log_format, reading.proxies)) for site, reading in readings.items()}
    version_of = {site: reading.rules_version for site, reading in readings.items()}
    rows = lines.with_columns(
        decoded(lines["raw"]).alias("_text"),
        pl.col("site").replace_strict(way_of, default=None, return_dtype=pl.Int32).alias("_way"),
        pl.col("site").replace_strict(version_of, default=None, return_dtype=pl.Int32).alias("rules_version"),
    )
    present = rows["_way"].unique()
    if len(present) == 1:
        return _judged(rows, ways, present[0])
    rows = rows.with_row_index("_row")
    parts = [_judged(rows.filter(pl.col("_way").eq_missing(pl.lit(way))), ways, way) for way in present]
    return pl.concat(parts).sort("_row").drop("_row") if parts else _judged(rows, ways, None).drop("_row")


def _judged(rows: pl.DataFrame, ways: list[tuple[str, Proxies]], way: int | None) -> pl.DataFrame:
    """Return rows that are all read in one way with parsed columns and the first reason that applies."""
    log_format, proxies = ways[way] if way is not None else ("common", NO_PROXIES)
    compiled = compile_format(log_format)
    text = rows["_text"] if way is not None else pl.repeat(None, len(rows), dtype=pl.String, eager=True)
    read = rows.hstack(read_lines_as(text, compiled, proxies))
    late_bound = pl.col("ingest_time") + pl.duration(microseconds=FUTURE_TOLERANCE_US)
    reason = (
        pl.when(pl.col("reason").is_not_null()).then(pl.col("reason"))
        .when(pl.lit(way is None)).then(pl.lit("unknown_site"))
        .when(pl.col("line_bytes") > MAX_LINE_BYTES).then(pl.lit("truncated"))
        .when(~pl.col("is_read")).then(pl.lit("unparsable"))
        .when(~pl.col("status").is_between(100, 599).fill_null(False)).then(pl.lit("bad_status"))
        .when(pl.col("event_time").is_null() | (pl.col("event_time") < _EARLIEST)).then(pl.lit("bad_time"))
        .when(pl.col("event_time") > late_bound).then(pl.lit("future"))
    )  # fmt: skip
    named = read.with_columns(reason.alias("reason"), pl.col("event_time").dt.date().alias("event_date"))
    # What is wrong with an unread line is asked of these lines alone: reading refuses control characters by itself.
    unread = named["reason"].eq_missing("unparsable")
    if unread.any():
        why = named.filter(unread).select(_why_unread(compiled.header))
        named = named.with_columns(named["reason"].scatter(unread.arg_true(), why.to_series()))
    refused = pl.col("reason").is_not_null()
    # A refused line has no trustworthy fields: only its bytes and its reason are kept.
    return named.with_columns(pl.when(~refused).then(name).alias(name) for name in _PARSED).drop(
        "_text", "_way", "is_read"
    )


def _why_unread(header: str) -> pl.Expr:
    text = pl.col("_text")
    is_header = text.str.starts_with(header) if header else pl.lit(False)
    return (
        pl.when(text.is_null()).then(pl.lit("not_utf8"))
        .when(text.str.strip_chars() == "").then(pl.lit("empty"))
        .when(text.str.contains(rf"[{CONTROL}]")).then(pl.lit("control_character"))
        .when(is_header).then(pl.lit("header"))
        .otherwise(pl.lit("unparsable"))
    )  # fmt: skip
