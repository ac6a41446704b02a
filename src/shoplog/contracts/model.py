"""The words contracts are written in: Column, Table, Metric."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """One column, said once. `type` is a Spark SQL type; times are UTC; units stand in names."""

    name: str
    type: str
    meaning: str
    nullable: bool = True
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure per window, said once, as SQL.

    `partial` makes it from request rows (a sketch of the distinct values of `partial`, where the type is binary), `merge`
    adds partials up, `figure` is what people read of a merged partial. `partial` is read by polars, `merge` by Spark and DuckDB,
    `figure` by Spark.
    """

    name: str
    type: str
    partial: str
    merge: str
    unit: str
    meaning: str
    figure: str | None = None
    figure_name: str | None = None
    at_least: float | None = 0
    at_most: float | None = None
    tolerance: float = 0


@dataclass(frozen=True, slots=True)
class Family:
    """Figures that share rows, a window length and dimensions; stored together in `gold_partial_live`.

    `of` is the SQL condition that chooses the rows, `time` the column whose window a row falls into.
    """

    name: str
    table: str
    window_minutes: int
    dimensions: tuple[str, ...]
    metrics: tuple[Metric, ...]
    meaning: str
    of: str = "fate = 'accepted'"
    time: str = "event_time"


@dataclass(frozen=True, slots=True)
class Table:
    """One physical Delta table: its columns, its writer, its partition columns."""

    name: str
    columns: tuple[Column, ...]
    writer: str
    meaning: str
    partition_by: tuple[str, ...] = ()
    key: tuple[str, ...] = ()

    @property
    def schema_ddl(self) -> str:
        """The table's schema as Spark SQL DDL."""
        return ", ".join(f"`{column.name}` {column.type}" for column in self.columns)

    @property
    def column_names(self) -> tuple[str, ...]:
        """The columns' names in order."""
        return tuple(column.name for column in self.columns)
