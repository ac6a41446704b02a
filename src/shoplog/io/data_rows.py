"""Rows of a Delta table's data files, read where the work is, without Spark's rows in between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from shoplog.contracts.model import Table
from shoplog.io.arrow import arrow_schema

_ROWS_AT_ONCE = 200_000


def data_rows(
    path: Path, table: Table, columns: Sequence[str] | None = None, values: Mapping[str, str | None] | None = None
) -> Iterator[pl.DataFrame]:
    """Yield `columns` (all by default) of a data file's rows, in order; what the file lacks is null.

    `values` are of the partition it is of, whose columns no data file has. Only some rows are held at once.
    """
    schema = arrow_schema(table)
    wanted = [schema.field(name) for name in columns or schema.names]
    constant = {name: None if value is None else date.fromisoformat(value) for name, value in (values or {}).items()}
    with pq.ParquetFile(path) as file:
        stored = [field for field in wanted if field.name in file.schema_arrow.names]
        for batch in file.iter_batches(_ROWS_AT_ONCE, columns=[field.name for field in stored]):
            rows = pa.Table.from_batches([batch]).select([field.name for field in stored]).cast(pa.schema(stored))
            for field in wanted:
                if field not in stored:
                    value = pa.scalar(constant.get(field.name), field.type)
                    rows = rows.append_column(field, pa.repeat(value, len(rows)))
            yield pl.DataFrame(pl.from_arrow(rows.select([field.name for field in wanted])))
