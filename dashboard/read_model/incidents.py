"""The anomalies of a period: as they were found live, and of published days as the nightly found them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from dashboard.read_model.parts import Parts
from dashboard.read_model.plain import plain
from shoplog.contracts.anomalies import SEVERITIES
from shoplog.contracts.tables import GOLD_ANOMALY, GOLD_ANOMALY_LIVE
from shoplog.io.arrow import arrow_schema
from shoplog.io.commits import latest_version
from shoplog.report.question import Span
from shoplog.settings import Settings

# The lines' identity is for on-call, who may read bronze: `shoplog anomalies --show-addresses`.
_SHOWN = tuple(name for name in GOLD_ANOMALY.column_names if name not in ("host", "file", "byte_offset", "event_date"))


def incidents(
    settings: Settings, parts: Parts, span: Span, sites: Sequence[str], limit: int, offset: int
) -> tuple[list[dict[str, Any]], int]:
    """Return the anomalies that begin on the span's days, the newest first, with `status` final or provisional.

    `limit` of them after `offset`, and how many there are in all.
    """
    schema = pl.DataFrame(schema=pl.Schema(arrow_schema(GOLD_ANOMALY))).lazy().with_columns(status=pl.lit(""))
    rows = pl.concat([schema, *_final(parts, span), *_provisional(settings, parts, span)], how="diagonal_relaxed")
    chosen = rows.filter(pl.col("site").is_in(list(sites))) if sites else rows
    order = pl.col("severity").replace_strict(
        {name: place for place, name in enumerate(SEVERITIES)}, return_dtype=pl.Int64
    )
    # By everything that is shown: rows in one place are the same row.
    rest = [name for name in (*_SHOWN, "status") if name not in ("window_start", "severity")]
    newest_first = [True] + [False] * (len(rest) + 1)
    ordered = chosen.sort("window_start", order, *rest, descending=newest_first).select(*_SHOWN, "status").collect()
    return [plain(row) for row in ordered.slice(offset, limit).iter_rows(named=True)], ordered.height


def _final(parts: Parts, span: Span) -> Iterator[pl.LazyFrame]:
    for part in parts.pinned(GOLD_ANOMALY.name, [span]):
        rows = pl.scan_parquet(part.path, hive_partitioning=False).filter(pl.col("site").is_in(list(part.sites)))
        yield rows.with_columns(status=pl.lit("final"))


def _provisional(settings: Settings, parts: Parts, span: Span) -> Iterator[pl.LazyFrame]:
    table = settings.warehouse / GOLD_ANOMALY_LIVE.name
    if latest_version(table) is None:
        return
    published = pl.DataFrame(
        [(row["site"], row["day"]) for row in parts.published], {"site": pl.String, "event_date": pl.Date}, orient="row"
    )
    live = pl.scan_delta(str(table)).filter(pl.col("event_date").is_between(span.first, span.last))
    rows = live.join(published.lazy(), on=["site", "event_date"], how="anti")
    yield rows.with_columns(status=pl.lit("provisional"))
