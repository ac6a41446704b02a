"""A person's ids: which they had, and that no table has them any more."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from jobs.batch.erase_lines import BRONZE, keep_only, lines_of
from shoplog.contracts.columns import IDENTITY_NAMES
from shoplog.contracts.model import Table
from shoplog.contracts.tables import SILVER_REQUEST
from shoplog.io.commits import is_table
from shoplog.io.housekeeping import opened
from shoplog.io.sinks import existing_tables
from shoplog.settings import Settings
from shoplog.transforms.subject import ID_COLUMNS, Subject


def ids_of(rows: pl.DataFrame) -> set[str]:
    """Return the ids that the rows have of an address and its visitors; a login is a person's, wherever they log in from."""
    columns = [name for name in rows.columns if name in ID_COLUMNS and name != "login_id"]
    return {one for name in columns for one in rows[name].drop_nulls()}


def ids_in_silver(settings: Settings, lines: pl.DataFrame) -> set[str]:
    """Return the ids that silver still has of these lines: identity and event_date of each."""
    path = settings.warehouse / SILVER_REQUEST.name
    if not is_table(path):
        return set()
    rows = pl.scan_delta(opened(path)).filter(
        pl.col("event_date").is_in(lines["event_date"].drop_nulls().unique().implode())
    )
    theirs = rows.join(lines.lazy(), on=list(IDENTITY_NAMES), how="semi")
    return ids_of(theirs.select(*_id_columns(SILVER_REQUEST)).collect())


def take_out_ids(settings: Settings, table: Table, ids: Sequence[str]) -> int:
    """Take the rows with one of the ids out of a table that is not bronze, whose lines were asked for; return how many."""
    columns = _id_columns(table)
    if not columns or not ids or table in BRONZE:
        return 0
    return keep_only(settings, table, columns, lambda rows: rows.filter(~_is_of(columns, ids)))


def left_over(settings: Settings, subject: Subject, ids: Sequence[str]) -> dict[str, int]:
    """Return by table how many rows are still the subject's: none, or the erasure failed."""
    found = {"bronze": len(lines_of(settings, subject))}
    for table in existing_tables(settings):
        rows = pl.scan_delta(opened(settings.warehouse / table.name))
        if columns := _id_columns(table):
            found[table.name] = rows.filter(_is_of(columns, ids)).select(pl.len()).collect().item()
    return {name: count for name, count in found.items() if count}


def _id_columns(table: Table) -> list[str]:
    return [name for name in table.column_names if name in ID_COLUMNS]


def _is_of(columns: Sequence[str], ids: Sequence[str]) -> pl.Expr:
    return pl.any_horizontal(pl.col(name).is_in(list(ids)).fill_null(False) for name in columns)
