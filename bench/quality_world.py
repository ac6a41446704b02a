"""One day of the chain without its engines: from bronze rows to every table the suites look at, by the contracts' own SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import duckdb
import polars as pl

from jobs.batch.quality_frames import Measured, day_frames, measured_days
from shoplog.contracts.columns import IDENTITY_NAMES
from shoplog.contracts.families import DERIVED, FAMILIES, TRAFFIC
from shoplog.contracts.model import Family, Metric
from shoplog.contracts.proof import QUALITY_MEASURE
from shoplog.io.duck import open_connection
from shoplog.ledger.coverage import Range
from shoplog.ledger.fates import NO_FATES
from shoplog.ledger.file_account import examined, settled
from shoplog.ledger.landed import FILE, landed_files, new_lines

if TYPE_CHECKING:
    import pandas

Key = tuple[str, str, str]
_OFFSET, _END = pl.col("byte_offset"), pl.col("byte_offset") + pl.col("line_bytes")


@dataclass(slots=True)
class World:
    """A day as it was written and as it landed; a defect changes what landed, or edits the tables made of it by SQL.

    `lost_partials` is SQL (of bronze rows) of what the stream never added up. Edits of gold come before the comparison,
    `edits` after everything. `late` lines came in after the certificate's bronze version.
    """

    day: date
    written: pl.DataFrame
    bronze: pl.DataFrame
    lost_partials: str = "false"
    lost_batch: str = "false"
    gold_edits: list[str] = field(default_factory=list)
    edits: list[str] = field(default_factory=list)
    late: int = 0

    @property
    def landed(self) -> tuple[object, ...]:
        """What the tables are made of."""
        return id(self.written), id(self.bronze), self.lost_partials, self.lost_batch, self.late

    @classmethod
    def clean(cls, day: date, rows: pl.DataFrame) -> World:
        """Return the day on which all went well."""
        return cls(day, rows.filter(pl.col("fate") != "duplicate"), rows)


class _Agent:
    """An agent that has sent all that was written."""

    def __init__(self, sizes: dict[Key, tuple[int, int]]) -> None:
        self._sizes = sizes

    def reading(self, key: Key) -> tuple[int | None, int]:
        return (self._sizes[key][0], self._sizes[key][0]) if key in self._sizes else (None, 0)

    def lines(self, key: Key, ranges: Sequence[Range]) -> int:
        return 0


def measures(day: date, bronze: pl.DataFrame) -> list[Measured]:
    """Return what a day measures, for later days' history."""
    connection = open_connection()
    connection.register("bronze_access_log", bronze.to_arrow())
    return measured_days(connection, [day])


class Tables:
    """The tables of a day as they stand after the nightly."""

    def __init__(self, world: World, history: Iterable[Measured]) -> None:
        """Make them all; `history` are the measures of earlier days."""
        self._world, self._tables = world, open_connection()
        tables, identity = self._tables, ", ".join(IDENTITY_NAMES)
        # So few rows are not worth a second thread.
        tables.execute("set threads = 1")
        tables.register("bronze_access_log", world.bronze.to_arrow())
        tables.execute(f"create table live as select * from bronze_access_log where not ({world.lost_partials})")
        tables.execute(
            "create table batch as select * replace ('accepted' as fate) from bronze_access_log "
            f"where reason is null and not ({world.lost_batch}) qualify row_number() over (partition by {identity}) = 1"
        )
        for family in FAMILIES:
            tables.execute(f"create table {family.table} as {_figures(family, 'batch')}")
            tables.execute(f"create table live_{family.name} as {_figures(family, 'live')}")
        _account(tables, world)
        _compare(tables, world)
        measured = [*history, *measured_days(tables, [world.day])]
        known = pl.DataFrame(measured, schema=list(QUALITY_MEASURE.column_names), orient="row")
        tables.register("measured", known.to_arrow())
        tables.execute("create table quality_measure as select * from measured")

    def frames(self, gold_edits: Sequence[str] = (), edits: Sequence[str] = ()) -> dict[str, pandas.DataFrame]:
        """Return the frames that the suites see; `gold_edits` come before the comparison, `edits` after it, none of them stays."""
        self._tables.execute("begin")
        for edit in gold_edits:
            self._tables.execute(edit)
        if gold_edits:
            _compare(self._tables, self._world)
        for edit in edits:
            self._tables.execute(edit)
        made = day_frames(self._tables, self._world.day, is_over=True)
        self._tables.execute("rollback")
        return made

    def close(self) -> None:
        """Free them."""
        self._tables.close()


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


def _compare(tables: duckdb.DuckDBPyConnection, world: World) -> None:
    """Make gold_parity and the certificate; nothing explains a difference here."""
    sides = {}
    for side, prefix in (("live", "live_"), ("batch", "")):
        parts = [_stacked(family, f"{prefix}{family.name}" if prefix else family.table, side) for family in FAMILIES]
        sides[side] = " union all ".join(parts)
    tables.execute(
        f"create or replace table gold_parity as select date '{world.day}' as day, *, live - batch as difference, "
        f"live - batch as unexplained "
        f"from ({sides['live']}) full join ({sides['batch']}) using (family, site, window_start, dimension, metric)"
    )
    tables.execute(
        f"""create or replace table certificate as with compared as (select site,
        count(*) filter (where unexplained != 0 or unexplained is null) as unexplained_figures,
        bool_or(live is null or batch is null) as incomplete from gold_parity group by site),
        accounts as (select site, bool_or(residue != 0 or missing_bytes != 0 or doubled_bytes != 0) as wrong
        from ledger_file group by site)
        select date '{world.day}' as day, site, now() as made_at, {world.late} as late_requests, unexplained_figures,
        case when incomplete then 'incomplete' when unexplained_figures > 0 or wrong then 'different' else 'equal' end as verdict
        from compared left join accounts using (site)"""
    )


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


def _account(tables: duckdb.DuckDBPyConnection, world: World) -> None:
    """Make ledger_file by the ledger's own account of each file, and ledger_window."""
    sizes = {
        (str(site), str(host), str(file)): (int(size), int(lines))
        for site, host, file, size, lines in world.written.group_by(FILE)
        .agg((_END.max() + 1).alias("size"), pl.len().alias("lines"))
        .iter_rows()
    }
    lines = world.bronze.lazy().select(*FILE, "byte_offset", "line_bytes", "fate", pl.lit(0, pl.Int8).alias("source"))
    landed, agent = landed_files(lines), _Agent(sizes)
    rows = {key: settled(key, landed.get(key), sizes.get(key)) for key in sizes.keys() | landed.keys()}
    open_files = [key for key, row in rows.items() if row is None]
    new = new_lines(lines, [key for key in open_files if key in landed])
    for key in open_files:
        rows[key] = examined(key, landed.get(key), new.get(key), None, sizes.get(key), agent)  # type: ignore[arg-type]
    account = pl.DataFrame([{**NO_FATES, **asdict(row)} for row in rows.values() if row is not None])
    tables.register("account", account.to_arrow())
    tables.execute(f"create table ledger_file as select date '{world.day}' as day, * from account")
    tables.execute(
        f"""create table ledger_window as with lines as (select site, time_bucket(interval 1 minute, event_time) as window_start,
        count(*) as accepted from bronze_access_log where fate = 'accepted' group by all)
        select date '{world.day}' as day, site, window_start, coalesce(accepted, 0) as accepted, coalesce(requests, 0) as gold,
        coalesce(accepted, 0) - coalesce(requests, 0) as residue
        from lines full join live_{TRAFFIC.name} using (site, window_start)"""
    )


def moment(day: date, hour: float) -> datetime:
    """Return the UTC moment so many hours after the day's beginning."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour)
