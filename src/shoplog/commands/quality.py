"""quality: the suites of Great Expectations on one UTC day, or how they went on the last days."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from shoplog.commands.batch import Day, parse_day, spark_session
from shoplog.commands.printing import Json, show, show_one
from shoplog.settings import Settings


def quality(
    day: Day = None,
    trend: Annotated[
        bool,
        typer.Option("--trend", help="Show the share of checks that passed per suite and day instead of checking."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Check ledger, parity, certificate, volume and tables of one UTC day by Great Expectations.

    Exit code 1 when a critical check fails or an alert could not be sent. With --trend: the last 30 days, up to --date.
    """
    settings, of = Settings.load(), parse_day(day)
    if trend:
        from shoplog.io.trends import quality_trend

        show(f"quality of 30 days up to {of}", quality_trend(settings, of), as_json)
        return
    from jobs.batch.quality import check_day

    with spark_session(settings, "quality") as session:
        result = check_day(session, settings, of)
    show_one(f"quality {of}", result, as_json)
    if result["critical_failures"] or result["alerts_failed"]:
        raise typer.Exit(1)


COMMANDS: tuple[Callable[..., Any], ...] = (quality,)
