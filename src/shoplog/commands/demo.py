"""demo: the main job. Starts everything, sends real traffic with a kill in the middle, ends with a scorecard."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any

import typer

from shoplog.commands.printing import Json, as_table
from shoplog.settings import Settings


def demo(
    lines: Annotated[int, typer.Option(help="Lines to send.", min=1000)] = 200_000,
    rate: Annotated[float, typer.Option(help="Lines a second.", min=1)] = 5_000,
    seed: Annotated[int, typer.Option(help="Seed of the traffic.")] = 1,
    leave: Annotated[bool, typer.Option("--exit", help="Stop the stack at the end.")] = False,
    as_json: Json = False,
) -> None:
    """Start everything, send traffic with a kill of Flume in the middle, run the nightly, print a scorecard."""
    from shoplog.commands.demo_run import SAY, plan_for, run_dags, send
    from shoplog.commands.scorecard import take_scorecard
    from shoplog.sites import load_sites
    from shoplog.stack import control, supervisor
    from shoplog.stack.memory import PeakMemory

    settings = Settings.load()
    sites = load_sites(settings)
    site = next(iter(sites.values()))
    try:
        SAY.print("starting the stack")
        supervisor.up(settings)
        memory = PeakMemory(settings)
        memory.start()
        control.wait_for_stream(settings, 180)
        plan = plan_for(site, lines, rate, seed)
        run = send(settings, plan)
        days = sorted({plan.start.date(), (plan.end - timedelta(seconds=1)).date()})
        states = run_dags(settings, days)
        card = take_scorecard(settings, sites, site, days, {**run, "peak_rss_mb": memory.stop()}, states)
    finally:
        if leave:
            control.give_orders(settings, "stopped")
            supervisor.down(settings)
    for sentence in card.wrong:
        SAY.print(f"[red]wrong:[/red] {sentence}")
    if as_json:
        print(json.dumps(card.as_dict()))
    else:
        as_table("scorecard", [{"what": name, "value": value} for name, value in card.as_dict().items()])
        if not leave:
            as_table("where to look", where_to_look(settings))
    if card.wrong:
        raise typer.Exit(1)


def where_to_look(settings: Settings) -> list[dict[str, str]]:
    """Return the URL table."""
    from shoplog.commands.screens import admin_link
    from shoplog.stack.airflow import password

    local = "http://127.0.0.1"
    return [
        {"what": "pages", "url": admin_link(settings), "login": "the link, once; then: shoplog dashboard"},
        {"what": "Airflow", "url": f"{local}:{settings.airflow_port}/", "login": f"admin / {password(settings)}"},
    ]


COMMANDS: tuple[Callable[..., Any], ...] = (demo,)
