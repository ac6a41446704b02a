"""traffic: seeded shop traffic with its true answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

import typer

from shoplog.commands.printing import Json
from shoplog.errors import UserError
from shoplog.settings import Settings
from shoplog.sites import load_sites, named_site


class Truth(StrEnum):
    """How much of the truth is written."""

    SUMS = "sums"
    FULL = "full"


def traffic(
    lines: Annotated[int, typer.Option(help="Lines to write.")] = 200_000,
    site: Annotated[str, typer.Option(help="The shop.")] = "shop",
    rate: Annotated[float | None, typer.Option(help="Lines a second; as fast as possible by default.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same lines.")] = 1,
    hours: Annotated[
        float, typer.Option(help="Event time the lines are spread over; it ends one day before now.")
    ] = 24,
    defect: Annotated[
        list[str] | None, typer.Option(help="KIND=COUNT, such as malformed=10; may be given often.")
    ] = None,
    truth: Annotated[
        Truth, typer.Option(help="full: also the true answer of every figure and session, as Parquet files in truth/.")
    ] = Truth.SUMS,
    incident: Annotated[
        list[str] | None,
        typer.Option(
            help="KIND or KIND@MINUTE after the first line, of outage, flood, brute_force, scanning; half-way by default; may "
            "be given often."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write realistic access logs into the site's log folder, the truth beside them."""
    from shoplog.traffic import PlannedIncident, TrafficPlan, generate

    settings = Settings.load()
    shop = named_site(load_sites(settings), site)
    defects = {}
    for wish in defect or []:
        kind, _, count = wish.partition("=")
        if not count.isdigit():
            raise UserError(f"{wish!r} is no defect: write KIND=COUNT, such as malformed=10.")
        defects[kind] = int(count)
    incidents = []
    for wish in incident or []:
        kind, _, minute = wish.partition("@")
        if minute and not minute.isdigit():
            raise UserError(f"{wish!r} is no incident: write KIND@MINUTE, such as outage@300.")
        incidents.append(PlannedIncident(kind, int(minute or hours * 30)))
    end = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    plan = TrafficPlan(
        site=site, log_dir=shop.log_dir, start=end - timedelta(hours=hours), end=end,
        log_format=shop.log_format, seed=seed, lines=lines, rate=rate, defects=defects,
        full_truth=truth is Truth.FULL,
        incidents=tuple(incidents),
    )  # fmt: skip
    report = generate(plan)
    if as_json:
        print(json.dumps(report.to_json()))
    else:
        print(
            f"{report.lines_written} lines, {report.bytes_written} bytes; truth in {plan.log_dir.parent / 'truth.json'}"
        )


COMMANDS: tuple[Callable[..., Any], ...] = (traffic,)
