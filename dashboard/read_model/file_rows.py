"""Rows of data files for DuckDB: of many files it reads the columns that it needs, a few new ones are read once for all who ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from shoplog.contracts.model import Family, Table
from shoplog.contracts.tables import GOLD_PARTIAL_LIVE, TABLES
from shoplog.io.arrow import arrow_schema

# A commit of the stream adds a file or two, and every section of a page asks for them.
_FEW, _SMALL_BYTES = 8, 1_000_000


@dataclass(frozen=True, slots=True)
class Source:
    """What stands behind `from`, and its parameters; its rows have the contract's columns and `filename`."""

    sql: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


class FileRows:
    """Makes sources on one connection; what it read of a few live files serves until `forget`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Register on this connection."""
        self._connection = connection
        self._loaded: dict[str, pa.Table] = {}
        self._partials: dict[tuple[str, str], pa.Table] = {}

    def source(self, family: Family, paths: Sequence[str], is_live: bool) -> Source:
        """Return the rows of these files of the live partials, or of the family's own table."""
        table, day = (GOLD_PARTIAL_LIVE, "window_date") if is_live else (TABLES[family.table], "event_date")
        if is_live and paths and _are_few(paths):
            self._connection.register("loaded", pa.concat_tables([self._rows(path) for path in paths]))
            return Source("loaded")
        # The contract's columns are there whatever the files have.
        self._connection.register("none", _none(table))
        if not paths:
            return Source("none")
        # Not by DuckDB's own reading of folders: those of the home are none of a table's.
        of_folder = f"regexp_extract(filename, '{day}=([0-9-]+)/[^/]*$', 1)::date as {day}"
        files = "read_parquet($files, filename = true, union_by_name = true, hive_partitioning = false)"
        scanned = f"select *, {of_folder} from {files}"
        return Source(f"(from none union all by name {scanned})", {"files": list(paths)})

    def partials(self, family: Family, paths: Sequence[str]) -> dict[str, pa.Table] | None:
        """Return the family's rows of each live file with their hour; None where the files are many or large."""
        if not _are_few(paths):
            return None
        for path in paths:
            if (path, family.name) not in self._partials:
                rows = self._rows(path)
                of_family = rows.filter(pc.equal(rows["family"], family.name))
                hours = pc.floor_temporal(of_family["window_start"], unit="hour")
                self._partials[path, family.name] = of_family.append_column("window_hour", hours)
        return {path: self._partials[path, family.name] for path in paths}

    def forget(self) -> None:
        """Let go of the rows."""
        self._loaded.clear()
        self._partials.clear()

    def _rows(self, path: str) -> pa.Table:
        if path not in self._loaded:
            rows = pq.read_table(path, partitioning=None)
            day = date.fromisoformat(Path(path).parent.name.partition("=")[2])
            for name, value in (("window_date", pa.scalar(day, pa.date32())), ("filename", pa.scalar(path))):
                rows = rows.append_column(name, pa.repeat(value, rows.num_rows))
            none = _none(GOLD_PARTIAL_LIVE)
            both = pa.concat_tables([none, rows], promote_options="permissive")
            self._loaded[path] = both.select(none.schema.names)
        return self._loaded[path]


def _are_few(paths: Sequence[str]) -> bool:
    return len(paths) <= _FEW and all(Path(path).stat().st_size <= _SMALL_BYTES for path in paths)


def _none(table: Table) -> pa.Table:
    """Return no row with the contract's columns and `filename`."""
    return arrow_schema(table).empty_table().append_column("filename", pa.array([], pa.string()))
