"""The small frames that the suites look at: SQL (DuckDB) over one UTC day of the tables, one row a thing that can be wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from expectations.suites import must_have_rows, profiled
from shoplog.contracts.families import FAMILIES, TRAFFIC
from shoplog.contracts.model import Family
from shoplog.contracts.quality import HISTORY_DAYS, LEAST_LINES, MEASURES
from shoplog.transforms.usual import usual

if TYPE_CHECKING:
    import duckdb
    import pandas

Measured = tuple[date, str, str, float | None]  # day, site, measure, measured

_LEDGER = """select * exclude (day), -bronze as minus_bronze, -accepted as minus_accepted, -quarantined as minus_quarantined,
-erased as minus_erased, -in_flight as minus_in_flight, -residue as minus_residue
from ledger_file where day = $day order by site, host, file"""
_WRONG = "(residue != 0 or residue is null)"
_WINDOWS = f"""select site, count(*) as windows, count(*) filter (where {_WRONG}) as wrong,
coalesce(min(window_start) filter (where {_WRONG})::varchar, '') as first_wrong
from ledger_window where day = $day group by site order by site"""
# Days have millions of figures: they are looked at by site, family and metric, each with its worst as an example.
_PARITY = """select site, family, metric, count(*) as figures,
count(*) filter (where live is null) as without_live, count(*) filter (where batch is null) as without_batch,
coalesce(sum(abs(unexplained)), 0) as unexplained,
coalesce(max_by(concat_ws(' ', window_start::varchar, dimension), coalesce(abs(unexplained), 'infinity'::double))
filter (where unexplained != 0 or unexplained is null), '') as example
from gold_parity where day = $day group by all order by all"""
_CERTIFICATE = f"""with newest as (select * from certificate where day = $day
qualify row_number() over (partition by site order by made_at desc) = 1),
there as (select distinct site from {TRAFFIC.table} where event_date = $day)
select coalesce(n.site, t.site) as site, verdict, unexplained_figures, late_requests
from newest n full join there t on n.site = t.site order by 1"""


def day_frames(connection: duckdb.DuckDBPyConnection, day: date, is_over: bool) -> dict[str, pandas.DataFrame]:
    """Return the frame of each suite; `connection` has the tables by name, with the day in `quality_measure`.

    `is_over` is whether the UTC day has ended: an unfinished one is not held against whole days.
    """
    asked = {"ledger": _LEDGER, "windows": _WINDOWS, "parity": _PARITY, "certificate": _CERTIFICATE}
    asked.update({family.table: _profile(family) for family in FAMILIES})
    frames = {name: connection.execute(sql, {"day": day}).df() for name, sql in asked.items()}
    return {**frames, "volume": _volume(connection, day, is_over)}


def _profile(family: Family) -> str:
    """One row a site and figure; where a day must have rows and has none, one row a figure, whose smallest is null."""
    names = list(profiled(family))
    parts = [
        f"select site, '{name}' as metric, min({name})::double as minimum, max({name})::double as maximum, "
        f"count(*) filter (where {name} is null) as nulls from rows group by site"
        for name in names
    ]
    rows = f"with rows as (select site, {', '.join(names)} from {family.table} where event_date = $day)"
    absent = ", ".join(f"'{name}'" for name in names) if must_have_rows(family) else ""
    return (
        f"{rows}, found as ({' union all '.join(parts)}) select * from found union all by name select null::varchar as site, "
        f"unnest([{absent}]::varchar[]) as metric, null::double as minimum, null::double as maximum, 0 as nulls "
        "where not exists (from found) order by site, metric"
    )


def measured_days(connection: duckdb.DuckDBPyConnection, days: Sequence[date]) -> list[Measured]:
    """Return the measures of every site that has lines in `bronze_access_log` on one of the ingest days."""
    of_rows = [m for m in MEASURES if not m.is_of_hours]
    columns = ", ".join(f"({m.sql})::double as {m.name}" for m in MEASURES if not m.is_of_hours)
    hours = ", ".join(f"({m.sql})::double as {m.name}" for m in MEASURES if m.is_of_hours)
    wanted = ", ".join(f"date '{day}'" for day in days)
    rows = connection.execute(
        f"""with rows as (select * from bronze_access_log where ingest_date in ({wanted})
        and reason is distinct from 'bad_identity' and reason is distinct from 'unknown_site'),
        lags as (select ingest_date, site, median(epoch(ingest_time) - epoch(event_time)) as lag_s from rows
        where fate = 'accepted' group by ingest_date, site, host, date_trunc('hour', ingest_time) having count(*) >= {LEAST_LINES}),
        hours as (select ingest_date, site, {hours} from lags group by all),
        sites as (select ingest_date, site, {columns} from rows group by all)
        select * from sites left join hours using (ingest_date, site) order by all"""
    ).fetchall()
    names = [*(m.name for m in of_rows), *(m.name for m in MEASURES if m.is_of_hours)]
    return [(day, site, name, value) for day, site, *values in rows for name, value in zip(names, values, strict=True)]


def _volume(connection: duckdb.DuckDBPyConnection, day: date, is_over: bool) -> pandas.DataFrame:
    """Return a row a site: per measure its deviation, null where nothing can be said, and in words value and band."""
    import pandas as pd

    found: dict[str, dict[str, dict[date, float]]] = defaultdict(lambda: defaultdict(dict))
    for at, site, measure, measured in connection.execute(
        "select day, site, measure, measured from quality_measure where day between $first and $day",
        {"first": day - timedelta(days=HISTORY_DAYS), "day": day},
    ).fetchall():
        if measured is not None:
            found[site][measure][at] = measured
    columns = ["site", "history_days", *(c for m in MEASURES for c in (m.name, f"{m.name}_seen"))]
    rows = pd.DataFrame([_site_row(site, found[site], day, is_over) for site in sorted(found)], columns=columns)
    return rows.astype({measure.name: float for measure in MEASURES})


def _site_row(site: str, of_site: dict[str, dict[date, float]], day: date, is_over: bool) -> dict[str, Any]:
    # A site whose lines stay away has no rows that day: it has 0 requests.
    requests = of_site["requests"].get(day, 0.0)
    row: dict[str, Any] = {"site": site, "history_days": len(of_site["requests"].keys() - {day})}
    for measure in MEASURES:
        values = of_site[measure.name]
        value = requests if measure.name == "requests" else values.get(day)
        history = {at: known for at, known in values.items() if at != day}
        judged = value is not None and (is_over or not measure.whole_day)
        band = usual(measure, day, value, requests, history) if judged and value is not None else None
        row[measure.name] = band.deviation if band else None
        row[f"{measure.name}_seen"] = (
            f"{value:.6g}, usual {band.low:.6g} to {band.high:.6g} {measure.unit}" if band else ""
        )
    return row
