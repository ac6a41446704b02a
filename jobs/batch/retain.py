"""What is older than its layer is kept leaves, whole UTC days at a time; the ledger keeps that there were lines."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta

from shoplog.contracts.model import Table
from shoplog.contracts.proof import PUBLISHED_DAY
from shoplog.contracts.tables import QUARANTINE_ACCESS_LOG, SILVER_REQUEST
from shoplog.contracts.visits import GOLD_DISGUISED, SILVER_LOGIN, SILVER_SESSION
from shoplog.io.commits import is_table
from shoplog.io.data_files import DataFile
from shoplog.io.gone import append_retained
from shoplog.io.housekeeping import opened
from shoplog.io.repin import movable, move, publications
from shoplog.io.transactions import files_of, replace_files
from shoplog.settings import Settings

SILVER = (SILVER_REQUEST, SILVER_SESSION, SILVER_LOGIN, GOLD_DISGUISED)


def retire_lines(
    settings: Settings,
    table: Table,
    now: datetime,
    lock: AbstractContextManager[object],
    metadata: Callable[[], str | None],
) -> int:
    """Remove a bronze table's UTC days that are older than `bronze_days`, each with a row a line in the ledger; return how many.

    `metadata` of the commit is asked for under the lock, which keeps others away. The caller holds the leases of the table
    and of `ledger_gone_line`.
    """
    folder = settings.warehouse / table.name
    old = old_days(settings, table, settings.bronze_days, now)
    for files in old.values():
        append_retained(settings, table, files, now)
        with lock:
            replace_files(opened(folder), files, [], metadata(), same_content=False)
    return len(old)


def retire_recomputed(settings: Settings, now: datetime) -> int:
    """Remove the days of silver and quarantine that are older than these are kept; return how many days of tables.

    Publications move to the newest versions, so that older ones are not needed: what is shown of gold stays as it is. The
    caller holds the leases of all tables.
    """
    kept = {**dict.fromkeys(SILVER, settings.silver_days), QUARANTINE_ACCESS_LOG: settings.quarantine_days}
    old = {table: days for table, most in kept.items() if (days := old_days(settings, table, most, now))}
    if not old:
        return 0
    rows = movable(settings)
    for table, days in old.items():
        files = [file for of_day in days.values() for file in of_day]
        replace_files(opened(settings.warehouse / table.name), files, [], None, same_content=False)
    if is_table(settings.warehouse / PUBLISHED_DAY.name):
        # What cannot move is history of some days, or waits to be published anew: its versions stay until then.
        move(settings, rows, [row for row in publications(settings) if row not in rows])
    return sum(map(len, old.values()))


def old_days(settings: Settings, table: Table, most: int | None, now: datetime) -> dict[date, list[DataFile]]:
    """Return the table's data files of the UTC days that are older than `most` days, by day; none where that is for ever."""
    folder, found = settings.warehouse / table.name, dict[date, list[DataFile]]()
    if most is None or not is_table(folder):
        return found
    before = now.date() - timedelta(days=most)
    for file in files_of(opened(folder)):
        (value,) = file.partition_values.values()
        if value is not None and date.fromisoformat(value) < before:
            found.setdefault(date.fromisoformat(value), []).append(file)
    return dict(sorted(found.items()))


def is_published(settings: Settings, day: date, sites: Collection[str]) -> bool:
    """Return whether the UTC day is published of each of these sites."""
    return set(sites) <= {row["site"] for row in publications(settings) if row["day"] == day}
