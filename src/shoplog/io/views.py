"""The tables and their views for DuckDB: what analysts and screens read, without Spark."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime
from typing import Any

import duckdb
import polars as pl
import pyarrow.fs
from deltalake import DeltaTable

from shoplog.contracts.families import FAMILIES
from shoplog.contracts.metrics import DURATION_BOUNDS_MS, SKETCH_LG_K
from shoplog.contracts.model import Family
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, SILVER_REQUEST, TABLES
from shoplog.errors import UserError
from shoplog.io.sources import arrow_schema
from shoplog.settings import Settings

Rows = list[tuple[Any, ...]]


def estimate_visitors(sketches: list[bytes | None]) -> int:
    """Return the distinct visitors of the union of HLL sketches, as Spark's figure estimates it."""
    from datasketches import hll_sketch, hll_union

    union = hll_union(SKETCH_LG_K)
    read = [hll_sketch.deserialize(bytes(sketch)) for sketch in sketches if sketch]
    # Twice: see the metric's comment; the registers stay and every union estimates alike.
    for sketch in (*read, *read):
        union.update(sketch)
    return round(float(union.get_estimate()))


def connect(settings: Settings) -> duckdb.DuckDBPyConnection:
    """Return a connection on which every table and view of the contracts has its name."""
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    connection.create_function("estimate_visitors", estimate_visitors, ["BLOB[]"], "BIGINT")
    for name in TABLES:
        connection.register(name, _dataset(settings, name, None))
    silver = ", ".join(name for name in SILVER_REQUEST.column_names if name in BRONZE_ACCESS_LOG.column_names)
    refused = "site, host, file, byte_offset, line_bytes, raw, ingest_time, ingest_date, reason"
    for view, columns, fate in (
        ("silver_request_live", silver, "accepted"),
        ("quarantine_access_log_live", refused, "quarantined"),
    ):
        connection.execute(f"create view {view} as select {columns} from bronze_access_log where fate = '{fate}'")
    newest = "row_number() over (partition by site, day order by published_at desc)"
    connection.execute(f"create view published_newest as select * from published_day qualify {newest} = 1")
    for family in FAMILIES:
        connection.execute(_live_view(family))
        _register_pinned(connection, settings, family)
        connection.execute(_now_view(family))
    connection.execute(_ANOMALIES_NOW)
    return connection


_ANOMALIES_NOW = """create view gold_anomaly_now as
select a.*, 'final' as status from gold_anomaly a semi join published_newest p on a.site = p.site and a.event_date = p.day
union all by name select l.*, 'provisional' as status from gold_anomaly_live l
anti join published_newest p on l.site = p.site and l.event_date = p.day"""


def _dataset(settings: Settings, name: str, version: int | None) -> Any:
    """Return the table as a lazy Arrow dataset; an empty one where it does not exist yet."""
    path = settings.warehouse / name
    if not (path / "_delta_log").is_dir():
        return arrow_schema(TABLES[name]).empty_table()
    # Arrow's own reader: deltalake's is called through Python, and a query that ends early (limit) leaves its threads in
    # such a call when the process exits, which then hangs or crashes.
    files = pyarrow.fs.SubTreeFileSystem(str(path), pyarrow.fs.LocalFileSystem())
    return DeltaTable(str(path), version=version).to_pyarrow_dataset(filesystem=files)


def _figures(family: Family) -> dict[str, str]:
    """Return DuckDB's spelling of each figure that merges partials, by column name."""
    figures = {}
    for metric in family.metrics:
        if metric.type == "array<bigint>":
            buckets = range(1, len(DURATION_BOUNDS_MS) + 2)
            figures[metric.name] = f"[{', '.join(f'sum({metric.name}[{i}])::BIGINT' for i in buckets)}]"
        elif metric.figure_name:
            figures[metric.figure_name] = f"estimate_visitors(list({metric.name}))"
        else:
            figures[metric.name] = f"({metric.merge})::{metric.type}"
    return figures


def _live_view(family: Family) -> str:
    keys = ", ".join(("site", "window_start", "window_end", *family.dimensions))
    figures = ", ".join(f"{sql} as {name}" for name, sql in _figures(family).items())
    return (
        f"create view {family.table}_live as select {keys}, {figures} from gold_partial_live "
        f"where family = '{family.name}' group by {keys}"
    )


def _register_pinned(connection: duckdb.DuckDBPyConnection, settings: Settings, family: Family) -> None:
    """Register the rows of published days, each at the version that was published, as `<table>_pinned`."""
    columns = ["site", "window_start", "window_end", *family.dimensions, *_figures(family)]
    parts = [f"select {', '.join(columns)} from {family.table} where false"]
    published = connection.execute("select site, day, table_versions from published_newest").fetchall()
    for site, day, versions in published:
        version = dict(versions)[family.table]
        name = f"{family.table}_v{version}"
        connection.register(name, _dataset(settings, family.table, version))
        parts.append(f"select {', '.join(columns)} from {name} where site = '{site}' and event_date = '{day}'")
    connection.execute(f"create view {family.table}_pinned as {' union all '.join(parts)}")


def _now_view(family: Family) -> str:
    """Published days from the pinned versions, all others from live; `status` says which, and whether lines came since."""
    live_count = (
        "(select coalesce(sum(l.requests), 0) from gold_partial_live l where l.family = 'traffic' and l.site = p.site "
        "and l.window_date = p.day)"
    )
    return (
        f"create view {family.table}_now as "
        f"select g.*, case when {live_count} > p.live_requests then 'final_dirty' else 'final' end as status "
        f"from {family.table}_pinned g join published_newest p on g.site = p.site and g.window_start::date = p.day "
        f"union all by name select g.*, 'provisional' as status from {family.table}_live g "
        "anti join published_newest p on g.site = p.site and g.window_start::date = p.day"
    )


def run_sql(settings: Settings, query: str) -> tuple[list[str], Rows]:
    """Return column names and rows; raises `UserError` with DuckDB's sentence where the query is wrong."""
    try:
        cursor = connect(settings).execute(query)
        return [column[0] for column in cursor.description or ()], cursor.fetchall()
    except duckdb.Error as error:
        raise UserError(f"The query failed: {str(error).splitlines()[0]}") from error


def format_rows(names: list[str], rows: Rows, output: str) -> str:
    """Return rows as a table, CSV or one JSON object a row."""
    if output == "json":
        return "\n".join(json.dumps(dict(zip(names, row, strict=True)), default=_plain) for row in rows)
    if output == "csv":
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([[_plain(value) for value in row] for row in rows])
        return text.getvalue().rstrip("\n")
    with pl.Config(tbl_rows=100, tbl_cols=50, tbl_hide_column_data_types=True, fmt_str_lengths=80):
        cells = [[None if value is None else str(value) for value in row] for row in rows]
        return str(pl.DataFrame(cells, schema=dict.fromkeys(names, pl.String), orient="row"))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else value
