"""Kafka values -> identity and raw bytes; the wire form is `v1 TAB site TAB host TAB file TAB offset TAB bytes TAB line`."""

from __future__ import annotations

import polars as pl

from shoplog.transforms.text import decoded

WIRE_VERSION = "v1"
_PARTS = 7
UNKNOWN = "(unknown)"


def read_identity(records: pl.DataFrame) -> pl.DataFrame:
    """Return site, host, file, byte_offset, line_bytes, raw and reason from `value`, `kafka_partition`, `kafka_offset`.

    A record that does not carry our identity keeps its whole value, is named by its Kafka place and gets `bad_identity`.
    """
    text = decoded(records["value"])
    parts = text.to_frame("_t").select(pl.col("_t").str.splitn("\t", _PARTS).alias("_p")).unnest("_p")
    parts = parts.rename(
        dict(zip(parts.columns, ("wire", "site", "host", "file", "offset", "bytes", "body"), strict=True))
    )
    parts = parts.with_columns(pl.col("body").cast(pl.Binary))
    broken = text.is_null()
    if broken.any():
        parts = _with_bytewise_parts(parts, records["value"], broken)
    named = records.hstack(parts).with_columns(
        pl.col("offset").cast(pl.Int64, strict=False), pl.col("bytes").cast(pl.Int64, strict=False)
    )
    bad = (
        (pl.col("wire").fill_null("") != WIRE_VERSION)
        | pl.any_horizontal(pl.col(name).is_null() for name in ("site", "host", "file", "offset", "bytes", "body"))
        | (pl.col("offset") < 0)
    )  # fmt: skip
    place = pl.format("(kafka partition {})", pl.col("kafka_partition"))
    return named.with_columns(bad.alias("_bad")).with_columns(
        pl.when("_bad").then(pl.lit("bad_identity")).alias("reason"),
        pl.when("_bad").then(pl.lit(UNKNOWN)).otherwise("site").alias("site"),
        pl.when("_bad").then(pl.lit(UNKNOWN)).otherwise("host").alias("host"),
        pl.when("_bad").then(place).otherwise("file").alias("file"),
        pl.when("_bad").then("kafka_offset").otherwise("offset").alias("byte_offset"),
        pl.when("_bad").then(pl.col("value").bin.size().cast(pl.Int64)).otherwise("bytes").alias("line_bytes"),
        pl.when("_bad").then("value").otherwise("body").alias("raw"),
    ).drop("_bad", "wire", "offset", "bytes", "body", "value")  # fmt: skip


def _with_bytewise_parts(parts: pl.DataFrame, values: pl.Series, broken: pl.Series) -> pl.DataFrame:
    """Return `parts` with the rows whose bytes are not UTF-8 split byte by byte (rare: only hostile or binary lines)."""
    columns = {name: parts[name].to_list() for name in parts.columns}
    for row in broken.arg_true():
        pieces = (values[row] or b"").split(b"\t", _PARTS - 1)
        pieces += [None] * (_PARTS - len(pieces))
        for name, piece in zip(parts.columns, pieces, strict=True):
            columns[name][row] = piece if name == "body" or piece is None else piece.decode("utf-8", "replace")
    return pl.DataFrame(columns, schema=parts.schema)
