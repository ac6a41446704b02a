"""The ledger of a day without its engines: each file by the ledger's own account of it, each minute by its lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

import duckdb
import polars as pl

from shoplog.contracts.families import TRAFFIC
from shoplog.ledger.coverage import Range
from shoplog.ledger.fates import NO_FATES
from shoplog.ledger.file_account import examined, settled
from shoplog.ledger.landed import FILE, landed_files, new_lines

Key = tuple[str, str, str]
_END = pl.col("byte_offset") + pl.col("line_bytes")


class _Agent:
    """An agent that has sent all that was written."""

    def __init__(self, sizes: dict[Key, tuple[int, int]]) -> None:
        self._sizes = sizes

    def reading(self, key: Key) -> tuple[int | None, int]:
        return (self._sizes[key][0], self._sizes[key][0]) if key in self._sizes else (None, 0)

    def lines(self, key: Key, ranges: Sequence[Range]) -> int:
        return 0


def make_ledger(tables: duckdb.DuckDBPyConnection, day: date, written: pl.DataFrame, bronze: pl.DataFrame) -> None:
    """Make ledger_file of what was written and what landed, by the ledger's own account of each file, and ledger_window."""
    sizes = {
        (str(site), str(host), str(file)): (int(size), int(lines))
        for site, host, file, size, lines in written.group_by(FILE)
        .agg((_END.max() + 1).alias("size"), pl.len().alias("lines"))
        .iter_rows()
    }
    lines = bronze.lazy().select(*FILE, "byte_offset", "line_bytes", "fate", pl.lit(0, pl.Int8).alias("source"))
    landed, agent = landed_files(lines), _Agent(sizes)
    rows = {key: settled(key, landed.get(key), sizes.get(key)) for key in sizes.keys() | landed.keys()}
    open_files = [key for key, row in rows.items() if row is None]
    new = new_lines(lines, [key for key in open_files if key in landed])
    for key in open_files:
        rows[key] = examined(key, landed.get(key), new.get(key), None, sizes.get(key), agent)  # type: ignore[arg-type]
    account = pl.DataFrame([{**NO_FATES, **asdict(row)} for row in rows.values() if row is not None])
    tables.register("account", account.to_arrow())
    tables.execute(f"create table ledger_file as select date '{day}' as day, * from account")
    tables.execute(
        f"""create table ledger_window as with lines as (select site, time_bucket(interval 1 minute, event_time) as window_start,
        count(*) as accepted from bronze_access_log where fate = 'accepted' group by all)
        select date '{day}' as day, site, window_start, coalesce(accepted, 0) as accepted, coalesce(requests, 0) as gold,
        coalesce(accepted, 0) - coalesce(requests, 0) as residue
        from lines full join live_{TRAFFIC.name} using (site, window_start)"""
    )
