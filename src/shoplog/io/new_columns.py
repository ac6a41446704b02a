"""Tables of an older version of shoplog get the columns that their contracts have got since."""

from __future__ import annotations

import deltalake
import pyarrow as pa
from deltalake import DeltaTable

from shoplog.contracts.tables import TABLES
from shoplog.errors import UserError
from shoplog.io.arrow import arrow_schema
from shoplog.io.leases import table_leases
from shoplog.io.sinks import table_path
from shoplog.settings import Settings


def add_new_columns(settings: Settings) -> dict[str, list[str]]:
    """Add what tables lack, each in one commit; older rows have nulls there. Return the new columns by table.

    Raises `UserError` for a column of another type than its contract's, with nothing done to that table, and `TryLaterError` for a
    table that lacks columns while another process writes it.
    """
    added = {}
    for name, contract in TABLES.items():
        path = table_path(settings, name)
        if not (path / "_delta_log").is_dir():
            continue
        known = {field.name: field.type for field in _schema(DeltaTable(path, without_files=True))}
        wanted = _schema_of(arrow_schema(contract))
        for field in wanted:
            if known.get(field.name, field.type) != field.type:
                raise UserError(
                    f"{name}.{field.name} is {known[field.name].to_json()} and this version wants {field.type.to_json()}: "
                    "go back to the version before and see CHANGELOG.md."
                )
        if new := [field for field in wanted if field.name not in known]:
            with table_leases(settings, (name,), "shoplog up"):
                DeltaTable(path).alter.add_columns(new)
            added[name] = [field.name for field in new]
    return added


def _schema(table: DeltaTable) -> list[deltalake.Field]:
    return list(table.schema().fields)


def _schema_of(schema: pa.Schema) -> list[deltalake.Field]:
    # Of rows that are there already nobody knows the value.
    return list(deltalake.Schema.from_arrow(pa.schema([field.with_nullable(True) for field in schema])).fields)
