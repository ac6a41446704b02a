"""ledger: every line from byte to figure, live or closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

import typer

from shoplog.commands.batch import Day, parse_day, spark_session
from shoplog.commands.printing import Json, as_table
from shoplog.settings import Settings
from shoplog.sites import load_sites


def ledger(
    as_json: Json = False,
    close: Annotated[
        bool, typer.Option("--close", help="Also write the day's rows into ledger_file and ledger_window.")
    ] = False,
    day: Day = None,
) -> None:
    """Account for every line: A per file, B per minute.

    Exit code 1 when any residue is not 0, when bytes of a file are missing or came twice, or when there is nothing.
    """
    from shoplog.ledger.account import as_json as row_json
    from shoplog.ledger.account import file_rows, window_rows

    settings = Settings.load()
    files, windows = file_rows(settings, load_sites(settings)), window_rows(settings)
    if close:
        from jobs.batch.close_ledger import close_ledger

        with spark_session(settings, "ledger") as session:
            close_ledger(session, settings, parse_day(day), files, windows)
    if as_json:
        for line in (*map(row_json, files), *map(row_json, windows)):
            print(line)
    else:
        counts = [{name: value for name, value in asdict(row).items() if name != "broken_ranges"} for row in files]
        as_table("A: lines of each file", counts)
        for row in files:
            if row.broken_ranges:
                print(f"{row.site} {row.host} {row.file}: bytes {row.broken_ranges}")
        wrong = [asdict(row) for row in windows if row.residue]
        total = {
            "windows": len(windows),
            "accepted": sum(w.accepted for w in windows),
            "gold": sum(w.gold for w in windows),
        }
        as_table("B: accepted lines and gold", [total])
        if wrong:
            as_table("B: windows with a residue", wrong)
    if not files or any(f.is_wrong for f in files) or any(w.residue for w in windows):
        raise typer.Exit(1)


COMMANDS: tuple[Callable[..., Any], ...] = (ledger,)
