"""Text lines of one format -> typed request columns; `is_read` is false where a line does not read as the format."""

from __future__ import annotations

import polars as pl

from shoplog.transforms.formats import values
from shoplog.transforms.formats.addresses import Proxies, client_addresses
from shoplog.transforms.formats.json_lines import json_fields
from shoplog.transforms.formats.model import Format
from shoplog.transforms.text import unescaped

TEXTS = ("url", "referrer", "user_agent", "request_id", "vhost", "cache_status", "remote_user")
COLUMNS = ("event_time", "method", "path", "status", "bytes_sent", "duration_ms", "upstream_ms", *TEXTS, "address")
NO_PROXIES = Proxies()
_NO_ADDRESS = ("-", "", "unix:")


def read_lines_as(text: pl.Series, log_format: Format, proxies: Proxies = NO_PROXIES) -> pl.DataFrame:
    """Return `is_read` and `COLUMNS` of each line: event_time in UTC, null where it is none; absent values are null."""
    found = text_fields(text, log_format)
    given = frozenset(found.columns)
    rows = found.with_columns(
        *values.request_parts(given),
        *(pl.lit(None, pl.String).alias(name) for name in TEXTS[1:] if name not in given),
    )
    rows = _unescaped(rows, text, log_format.escapes)
    if "upstream_s" in given:
        rows = rows.with_columns(values.summed(rows["upstream_s"]))
    rows = rows.with_columns(
        *values.place(rows, given), values.event_time(log_format.time_format, given), values.bytes_sent(given),
        *values.durations(rows),
    )  # fmt: skip
    is_read = pl.col("status").is_not_null() & (pl.col("bytes_sent").fill_null(0) >= 0)
    if "bytes" in given:
        is_read &= pl.col("bytes_sent").is_not_null() | pl.col("bytes").is_null()
    if "address" in given:
        address = client_addresses(found["address"], found.get_column("forwarded", default=None), proxies)
        rows = rows.with_columns(address.alias("address").set(address.is_in(_NO_ADDRESS), None))
        is_read &= pl.lit(found["address"].is_not_null())
    else:
        rows = rows.with_columns(pl.lit(None, pl.String).alias("address"))
    return rows.select(
        is_read.fill_null(False).alias("is_read"),
        "event_time", "method", "path", pl.col("status").cast(pl.Int32, strict=False), "bytes_sent", "duration_ms", "upstream_ms",
        *(pl.when(~values.is_none(name)).then(name).alias(name) for name in (*TEXTS, "address")),
    )  # fmt: skip


def text_fields(text: pl.Series, log_format: Format) -> pl.DataFrame:
    """Return the format's fields as text, all null where a line does not read."""
    if log_format.pointers:
        return json_fields(text, log_format)
    groups = text.str.extract_groups(log_format.pattern).struct.rename_fields(list(log_format.fields))
    found = groups.struct.unnest()
    if "remote_user" in log_format.fields:
        found = found.with_columns(pl.col("remote_user").str.strip_chars(' "'))
    if log_format.header and text.str.contains('"', literal=True).any():
        found = found.with_columns(pl.all().str.strip_chars('"'))
    return found


def _unescaped(rows: pl.DataFrame, text: pl.Series, escapes: str) -> pl.DataFrame:
    """Return rows with the escapes of their format resolved."""
    if escapes in ("plus", "percent"):
        return rows.with_columns(unescaped(rows["user_agent"], escapes))
    if not escapes or not text.str.contains("\\", literal=True).any():
        return rows
    return rows.with_columns(unescaped(rows[name], escapes) for name in TEXTS)
