"""Raw lines -> typed columns and, where a line is refused, the reason. One native pass a format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from shoplog.transforms.formats import JSON_KEYS, JSON_TIME, REQUEST_LINE, TEXT_FORMATS, TEXT_TIME
from shoplog.transforms.text import decoded

MAX_LINE_BYTES = 1_048_576
FUTURE_TOLERANCE_US = 5 * 60 * 1_000_000
# No web server wrote a log before 1995: such a stamp is a broken clock.
_EARLIEST = pl.datetime(1995, 1, 1, time_zone="UTC")
_FIELDS = ("address", "time", "request", "status", "bytes", "referrer", "user_agent", "duration_s", "request_id")


@dataclass(frozen=True, slots=True)
class Reading:
    """How a site's lines are read."""

    log_format: str
    rules_version: int


def parse_lines(lines: pl.DataFrame, readings: Mapping[str, Reading]) -> pl.DataFrame:
    """Return `lines` (site, raw, line_bytes, ingest_time, maybe reason) with parsed columns, `address` and `reason`.

    The order of the rows stays. A reason that is already set (bad identity) is kept.
    """
    formats_of = {site: reading.log_format for site, reading in readings.items()}
    versions_of = {site: reading.rules_version for site, reading in readings.items()}
    site = pl.col("site")
    rows = lines.with_row_index("_row").with_columns(
        decoded(lines["raw"]).alias("_text"),
        site.replace_strict(formats_of, default=None, return_dtype=pl.String).alias("_format"),
        site.replace_strict(versions_of, default=None, return_dtype=pl.Int32).alias("rules_version"),
    )
    formats = rows["_format"].unique().to_list()
    parts = [_fields_of(rows.filter(pl.col("_format").eq_missing(pl.lit(name))), name) for name in formats]
    fields = pl.concat(parts).sort("_row") if len(parts) > 1 else parts[0]
    return _typed(rows.hstack(fields.drop("_row")))


def _fields_of(rows: pl.DataFrame, log_format: str | None) -> pl.DataFrame:
    """Return `_row`, every field as text and `time` as UTC, null where the line does not read as `log_format`."""
    if log_format in TEXT_FORMATS:
        pattern, names = TEXT_FORMATS[log_format]
        stripped = pl.col("_text").str.strip_chars_end()
        wrapped = stripped.str.starts_with('"') & stripped.str.ends_with('"')
        text = pl.when(wrapped).then(stripped.str.slice(1, stripped.str.len_chars() - 2)).otherwise(stripped)
        groups = rows.select("_row", text.str.extract_groups(pattern).struct.rename_fields(list(names)).alias("_g"))
        found, time_format = groups.unnest("_g"), TEXT_TIME
    elif log_format == "nginx_json":
        found = rows.select(
            "_row", *(pl.col("_text").str.json_path_match(f"$.{key}").alias(name) for name, key in JSON_KEYS.items())
        )
        time_format = JSON_TIME
    else:
        found, time_format = rows.select("_row"), TEXT_TIME
    absent = [pl.lit(None, pl.String).alias(name) for name in _FIELDS if name not in found.columns]
    return (
        found.with_columns(absent)
        .select("_row", *_FIELDS)
        .with_columns(
            pl.col("time")
            .str.to_datetime(time_format, strict=False, time_unit="us", time_zone="UTC")
            .alias("event_time")
        )
    )


def _absent(name: str) -> pl.Expr:
    """Return a text field with the log's `-` and the empty text as null."""
    return pl.when(pl.col(name).is_in(["-", ""])).then(None).otherwise(pl.col(name)).alias(name)


def _typed(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows with silver's types and the first reason that applies."""
    request = pl.col("request").str.extract_groups(REQUEST_LINE)
    typed = rows.with_columns(
        request.struct[0].alias("method"),
        request.struct[1].alias("url"),
        pl.col("status").cast(pl.Int32, strict=False).alias("_status"),
        pl.col("bytes").replace("-", "0").cast(pl.Int64, strict=False).alias("bytes_sent"),
        (pl.col("duration_s").cast(pl.Float64, strict=False) * 1000).alias("duration_ms"),
        _absent("referrer"),
        _absent("user_agent"),
        _absent("request_id"),
    )  # fmt: skip
    broken = pl.col("address").is_null() | pl.col("status").is_null() | (pl.col("bytes_sent").fill_null(-1) < 0)
    late_bound = pl.col("ingest_time") + pl.duration(microseconds=FUTURE_TOLERANCE_US)
    reason = (
        pl.when(pl.col("reason").is_not_null()).then(pl.col("reason"))
        .when(pl.col("_format").is_null()).then(pl.lit("unknown_site"))
        .when(pl.col("line_bytes") > MAX_LINE_BYTES).then(pl.lit("truncated"))
        .when(pl.col("_text").is_null()).then(pl.lit("not_utf8"))
        .when(pl.col("_text").str.strip_chars() == "").then(pl.lit("empty"))
        .when(pl.col("_text").str.contains(r"[\x00-\x08\x0a-\x1f\x7f]")).then(pl.lit("control_character"))
        .when(broken).then(pl.lit("unparsable"))
        .when(~pl.col("_status").is_between(100, 599).fill_null(False)).then(pl.lit("bad_status"))
        .when(pl.col("event_time").is_null() | (pl.col("event_time") < _EARLIEST)).then(pl.lit("bad_time"))
        .when(pl.col("event_time") > late_bound).then(pl.lit("future"))
    )  # fmt: skip
    named = typed.with_columns(
        reason.alias("reason"),
        pl.col("url").str.extract(r"^([^?#]*)").alias("path"),
        pl.col("event_time").dt.date().alias("event_date"),
        pl.col("_status").alias("status"),
    )
    # A refused line has no trustworthy fields: only its bytes and its reason are kept.
    parsed = ("event_time", "event_date", "method", "url", "path", "status", "bytes_sent", "duration_ms",
              "referrer", "user_agent", "request_id", "address", "rules_version")  # fmt: skip
    refused = pl.col("reason").is_not_null()
    return named.with_columns(pl.when(refused).then(None).otherwise(pl.col(name)).alias(name) for name in parsed).drop(
        "_row", "_text", "_format", "_status", "time", "request", "bytes", "duration_s"
    )
