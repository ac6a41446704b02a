"""Tables of an older version of shoplog, looked at when the stack comes up: new columns are added, other types refused."""

from __future__ import annotations

import deltalake
import pyarrow as pa
from deltalake import DeltaTable

from shoplog.errors import UserError
from shoplog.io.arrow import arrow_schema
from shoplog.io.leases import table_leases
from shoplog.io.sinks import add_new_columns, existing_tables, table_path
from shoplog.settings import Settings


def renew_tables(settings: Settings) -> dict[str, list[str]]:
    """Add the columns that tables lack, each in one commit; return the new ones by table.

    Raises `UserError` for a column of another type than its contract's, with nothing done to that table, and `TryLaterError` for a
    table that lacks columns while another process writes it.
    """
    added = {}
    for contract in existing_tables(settings):
        name, path = contract.name, table_path(settings, contract.name)
        known = {field.name: field.type for field in DeltaTable(path, without_files=True).schema().fields}
        # Whether a column may be null is no part of its type.
        wanted = deltalake.Schema.from_arrow(pa.schema([field.with_nullable(True) for field in arrow_schema(contract)]))
        for field in wanted.fields:
            if known.get(field.name, field.type) != field.type:
                raise UserError(
                    f"{name}.{field.name} is {known[field.name].to_json()} and this version wants {field.type.to_json()}: "
                    "go back to the version before and see CHANGELOG.md."
                )
        if not known.keys() >= {field.name for field in wanted.fields}:
            with table_leases(settings, (name,), "shoplog up"):
                added[name] = add_new_columns(settings, name)
    return added
