"""Gold of both layers by the contracts' own SQL, and what the two are compared to."""

from __future__ import annotations

from datetime import date

import duckdb

from shoplog.contracts.families import DERIVED, FAMILIES
from shoplog.contracts.model import Family, Metric


def make_gold(tables: duckdb.DuckDBPyConnection) -> None:
    """Make each family's table of the rows of `batch`, and `live_<family>` of those of `live`."""
    for family in FAMILIES:
        tables.execute(f"create table {family.table} as {_figures(family, 'batch')}")
        tables.execute(f"create table live_{family.name} as {_figures(family, 'live')}")


def compare(tables: duckdb.DuckDBPyConnection, day: date, late: int) -> None:
    """Make gold_parity and the certificate, which counts `late` lines; nothing explains a difference here."""
    sides = {}
    for side, prefix in (("live", "live_"), ("batch", "")):
        parts = [_stacked(family, f"{prefix}{family.name}" if prefix else family.table, side) for family in FAMILIES]
        sides[side] = " union all ".join(parts)
    tables.execute(
        f"create or replace table gold_parity as select date '{day}' as day, *, live - batch as difference, "
        f"live - batch as unexplained "
        f"from ({sides['live']}) full join ({sides['batch']}) using (family, site, window_start, dimension, metric)"
    )
    tables.execute(
        f"""create or replace table certificate as with compared as (select site,
        count(*) filter (where unexplained != 0 or unexplained is null) as unexplained_figures,
        bool_or(live is null or batch is null) as incomplete from gold_parity group by site),
        accounts as (select site, bool_or(residue != 0 or missing_bytes != 0 or doubled_bytes != 0) as wrong
        from ledger_file group by site)
        select date '{day}' as day, site, now() as made_at, {late} as late_requests, unexplained_figures,
        case when incomplete then 'incomplete' when unexplained_figures > 0 or wrong then 'different' else 'equal' end as verdict
        from compared left join accounts using (site)"""
    )


def _figures(family: Family, rows: str) -> str:
    keys = ["site", f"time_bucket(interval {family.window_minutes} minute, {family.time}) as window_start"]
    keys += [f"{DERIVED[name]} as {name}" if name in DERIVED else name for name in family.dimensions]
    metrics = [f"{_sql(metric)} as {_name(metric)}" for metric in family.metrics if not metric.type.startswith("array")]
    return (
        f"select {', '.join(keys)}, any_value(event_date) as event_date, {', '.join(metrics)} from {rows} "
        f"where {family.of} group by all"
    )


def _name(metric: Metric) -> str:
    return metric.figure_name or metric.name


def _sql(metric: Metric) -> str:
    # Exact here; how sketches estimate is tested elsewhere.
    return f"count(distinct {metric.partial})" if metric.type == "binary" else f"({metric.partial})"


def _stacked(family: Family, table: str, side: str) -> str:
    dimension = (
        f"to_json({{{', '.join(f'{n!r}: {n}' for n in family.dimensions)}}})::varchar" if family.dimensions else "''"
    )
    names = [_name(metric) for metric in family.metrics if not metric.type.startswith("array")]
    figures = ", ".join(f"{{'metric': '{name}', 'figure': coalesce({name}, 0)::double}}" for name in names)
    return (
        f"select family, site, window_start, dimension, f.metric as metric, f.figure as {side} from (select '{family.name}' as "
        f"family, site, window_start, {dimension} as dimension, unnest([{figures}]) as f from {table})"
    )
