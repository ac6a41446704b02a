"""ledger: every line from byte to figure, live or closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shoplog.commands.batch import Days, parse_days, spark_session
from shoplog.commands.printing import Json, as_table
from shoplog.settings import Settings
from shoplog.sites import load_sites

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from shoplog.io.marks import FileKey
    from shoplog.ledger.account import WindowRow
    from shoplog.ledger.file_account import FileRow
    from shoplog.sites import Site


def ledger(
    as_json: Json = False,
    close: Annotated[
        bool, typer.Option("--close", help="Also write the day's rows into ledger_file and ledger_window.")
    ] = False,
    days: Days = None,
) -> None:
    """Account for every line: A per file, B per minute.

    Exit code 1 when any residue is not 0, when bytes of a file are missing or came twice, or when there is nothing. With
    --date or --close only the days' files and windows are shown and judged.
    """
    from shoplog.ledger.account import file_rows, window_rows
    from shoplog.ledger.day_files import account_of_days

    settings = Settings.load()
    sites = load_sites(settings)
    if close:
        with spark_session(settings, "ledger") as session:
            files, windows = close_days(session, settings, parse_days(days))
    elif days:
        accounts = account_of_days(settings, parse_days(days)).values()
        files = list({key: row for of_day, _ in accounts for key, row in of_day.items()}.values())
        windows = [window for _, its_windows in accounts for window in its_windows]
    else:
        files, windows = file_rows(settings, sites), window_rows(settings)
    _show(settings, sites, files, windows, as_json)
    if not files or any(f.is_wrong for f in files) or any(w.residue for w in windows):
        raise typer.Exit(1)


def _show(
    settings: Settings, sites: dict[str, Site], files: list[FileRow], windows: list[WindowRow], as_json: bool
) -> None:
    from shoplog.ledger.account import as_json as row_json
    from shoplog.ledger.filling import fill_command

    if as_json:
        for row in files:
            print(row_json(row, fill_command=fill_command(row, settings, sites)))
        for line in map(row_json, windows):
            print(line)
    else:
        counts = [{name: value for name, value in asdict(row).items() if name != "broken_ranges"} for row in files]
        as_table("A: lines of each file", counts)
        for row in files:
            if row.broken_ranges:
                print(f"{row.site} {row.host} {row.file}: bytes {row.broken_ranges}")
                filling = fill_command(row, settings, sites)
                if filling:
                    print(f"  to fill: {filling}")
        wrong = [asdict(row) for row in windows if row.residue]
        total = {
            "windows": len(windows),
            "accepted": sum(w.accepted for w in windows),
            "gold": sum(w.gold for w in windows),
        }
        as_table("B: accepted lines and gold", [total])
        if wrong:
            as_table("B: windows with a residue", wrong)


def close_days(session: SparkSession, settings: Settings, days: list[date]) -> tuple[list[FileRow], list[WindowRow]]:
    """Close the ledger of UTC days; return the rows of all of them, each file as it stands now."""
    from jobs.batch.close_ledger import close_ledger
    from shoplog.ledger.day_files import account_of_days
    from shoplog.ledger.fates import fates

    closed: dict[FileKey, FileRow] = {}
    of_days = []
    for day, (of_day, its_windows) in account_of_days(settings, days).items():
        close_ledger(session, settings, day, of_day, its_windows, fates(settings, of_day))
        closed |= of_day
        of_days += its_windows
    return list(closed.values()), of_days


COMMANDS: tuple[Callable[..., Any], ...] = (ledger,)
