"""Text fields -> typed values: request, times, sizes, each a polars expression over the fields that a format has."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from shoplog.transforms.formats.model import UNITS_MS
from shoplog.transforms.text import mapped

_REQUEST_LINE = r"^([A-Za-z][A-Za-z0-9_-]{0,31}) ([^ ]+)(?: HTTP/\d(?:\.\d)?)?$"
_METHOD = r"^[A-Za-z][A-Za-z0-9_-]{0,31}$"
_ABSOLUTE = r"^[A-Za-z][A-Za-z0-9+.-]*://([^/]*)"


def is_none(name: str) -> pl.Expr:
    """Return whether a text field says that there is none: null, `-` or empty."""
    return pl.col(name).is_null() | pl.col(name).is_in(["-", ""])


def request_parts(given: Collection[str]) -> list[pl.Expr]:
    """Return method and url: of the request line, or of fields of their own. What is no request has neither."""
    method, url = pl.lit(None, pl.String), pl.lit(None, pl.String)
    if "method" in given:
        method = pl.when(pl.col("method").str.contains(_METHOD)).then("method")
    if "url" in given:
        url = pl.when(~is_none("url")).then("url")
    if "url" in given and "query" in given:
        query = pl.col("query").str.strip_prefix("?")
        has_query = ~is_none("query") & (query != "") & ~url.str.contains("?", literal=True)
        url = pl.when(has_query).then(url + "?" + query).otherwise(url)
    if "request" in given:
        line = pl.col("request").str.extract_groups(_REQUEST_LINE)
        method = pl.coalesce(line.struct[0], method) if "method" in given else line.struct[0]
        url = pl.coalesce(line.struct[1], url) if "url" in given else line.struct[1]
    return [method.alias("method"), url.alias("url")]


def place(rows: pl.DataFrame, given: Collection[str]) -> list[pl.Expr]:
    """Return `path` (url up to ? or #, without scheme and host) and `vhost` (without its port).

    Where the format has no virtual host, an absolute request target says it.
    """
    host = pl.col("vhost").str.replace(r":\d+$", "") if "vhost" in given else pl.lit(None, pl.String)
    path = pl.col("url").str.replace(r"[?#].*$", "")
    if rows["url"].str.contains("://", literal=True).any():
        if "vhost" not in given:
            host = pl.col("url").str.extract(_ABSOLUTE).str.replace(r"[?#].*$|:\d+$", "")
        path = path.str.replace(_ABSOLUTE + r"(?:/|$)", "/")
    return [path.alias("path"), host.alias("vhost")]


def event_time(time_format: str, given: Collection[str]) -> pl.Expr:
    """Return the time stamp in UTC, null where it is none; without a zone it is read as UTC."""
    pieces = sorted(name for name in given if name.startswith("time_"))
    text = pl.concat_str(pieces, separator=" ") if len(pieces) > 1 else pl.col(pieces[0])
    return text.str.to_datetime(time_format, strict=False, time_unit="us", time_zone="UTC").alias("event_time")


def bytes_sent(given: Collection[str]) -> pl.Expr:
    """Return the bytes as a number, 0 for `-`, null where the text is no number or there is none."""
    if "bytes" not in given:
        return pl.lit(None, pl.Int64).alias("bytes_sent")
    return pl.col("bytes").replace("-", "0").cast(pl.Int64, strict=False).alias("bytes_sent")


def durations(rows: pl.DataFrame) -> list[pl.Expr]:
    """Return duration_ms and upstream_ms; what is no number, not finite or negative is null."""
    upstream = _milliseconds(rows, "upstream")
    whole = _milliseconds(rows, "duration")
    if "before_s" in rows.columns:
        whole = _finite("before_s", UNITS_MS["s"]) + upstream + _finite("after_s", UNITS_MS["s"])
    # A nanosecond is what servers log at best; the rest is what multiplying added.
    return [whole.round(6).alias("duration_ms"), upstream.round(6).alias("upstream_ms")]


def _milliseconds(rows: pl.DataFrame, what: str) -> pl.Expr:
    """Return the field with the finest unit that the format has, in milliseconds."""
    named = {f"{what}_{unit}": factor for unit, factor in UNITS_MS.items() if f"{what}_{unit}" in rows.columns}
    return next((_finite(name, factor) for name, factor in named.items()), pl.lit(None, pl.Float64))


def _finite(name: str, factor: float) -> pl.Expr:
    number = pl.col(name).cast(pl.Float64, strict=False)
    return pl.when(number.is_finite() & (number >= 0)).then(number * factor)


def summed(text: pl.Series) -> pl.Series:
    """Return nginx's lists of upstream times (`0.010, 0.020 : 0.003`) as their sums; a `-` in one was not asked."""
    return mapped(text, text.str.contains(" ", literal=True), _sum_of)


def _sum_of(value: str) -> str | None:
    try:
        return str(sum(float(part) for part in value.replace(" : ", ", ").split(", ") if part != "-"))
    except ValueError:
        return None
