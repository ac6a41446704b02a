"""Partials of a family as SQL: live ones of days that are not published, pinned ones of days that are."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from shoplog.contracts.model import Family
from shoplog.contracts.tables import GOLD_PARTIAL_LIVE
from shoplog.io.version_files import files_at
from shoplog.settings import Settings

PublishedDay = Mapping[str, Any]


def live_rows(family: Family, known: Collection[str], days: str) -> str:
    """Return the SQL of the family's live partials of the `days` (SQL) that `published_then` does not name.

    Columns that are not `known`, because the version did not have them yet, are null.
    """
    names = [*family.dimensions, *(metric.name for metric in family.metrics)]
    columns = ", ".join(name if name in known else f"null as {name}" for name in names)
    return (
        f"select site, window_date, window_start, {columns} from {GOLD_PARTIAL_LIVE.name} l where family = '{family.name}' "
        f"and ({days}) and not exists (from published_then p where p.site = l.site and p.day = l.window_date)"
    )


def pinned_version(published: PublishedDay, table: str) -> int | None:
    """Return the table's version that a row of `published_day` pins, None where it pins none."""
    version: int | None = dict(published["table_versions"]).get(table)
    return version


def pinned_files(settings: Settings, table: str, published: Sequence[PublishedDay]) -> list[tuple[str, PublishedDay]]:
    """Return the files of the published days at their versions, each with a day and site whose rows count there."""
    pins = [(version, row) for row in published if (version := pinned_version(row, table)) is not None]
    files = files_at(settings.warehouse / table, ((version, row["day"]) for version, row in pins))
    return [(file, row) for version, row in pins for file in files[version, row["day"]]]


def pinned_rows(family: Family, files: Sequence[str]) -> str:
    """Return the SQL of the rows of these files that `<family>_pins` (filename, site) names.

    One scan of DuckDB's own for all: a period has hundreds of versions, and each other scan costs milliseconds.
    """
    paths = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
    return (
        "select r.* exclude (filename), regexp_extract(r.filename, 'event_date=([0-9-]+)/[^/]*$', 1)::date as window_date "
        f"from read_parquet([{paths}], filename = true, union_by_name = true, hive_partitioning = false) r "
        f"semi join {family.name}_pins p on p.filename = r.filename and p.site = r.site"
    )
