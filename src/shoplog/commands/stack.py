"""up, down, restart, status, doctor, census, airflow: the native parts."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

import typer

from shoplog.commands.printing import Json, show
from shoplog.settings import Settings

Parts = Annotated[list[str] | None, typer.Argument(help="Parts to start; all by default.")]


def up(parts: Parts = None, as_json: Json = False) -> None:
    """Start the stack (Kafka, Flume, census, stream, web page, Airflow) and wait until it is healthy."""
    from shoplog.stack import control, supervisor

    settings = Settings.load()
    started = supervisor.up(settings, parts)
    if not parts or "stream" in parts:
        control.wait_for_stream(settings, 180)
    show("parts", [asdict(part) for part in started if not parts or part.name in parts], as_json)


def down() -> None:
    """Stop the stack; everything it started has ended when this returns."""
    from shoplog.stack import control, supervisor

    settings = Settings.load()
    control.give_orders(settings, "stopped")
    supervisor.down(settings)


def restart(
    parts: Annotated[list[str], typer.Argument(help="Parts that shall begin anew, as after a site was added.")],
    as_json: Json = False,
) -> None:
    """Stop and start parts that run, one after the other; settings stay those of the last up."""
    from shoplog.stack import supervisor

    settings = Settings.load()
    show("parts", [asdict(supervisor.restart(settings, part)) for part in parts], as_json)


def status(
    is_watched: Annotated[bool, typer.Option("--watch", help="Stay, with lag, rates and proofs; q ends it.")] = False,
    as_json: Json = False,
) -> None:
    """Show each part; exit code 1 when one is not running."""
    from shoplog.stack import supervised

    settings = Settings.load()
    if is_watched:
        from dashboard.terminal.status import StatusApp

        StatusApp(settings).run()
    parts = supervised.status(settings)
    show("parts", [asdict(part) for part in parts], as_json)
    if not parts or any(part.state != "running" for part in parts):
        raise typer.Exit(1)


def doctor(as_json: Json = False) -> None:
    """Say what is missing on this machine and how to mend it; exit code 1 when something is."""
    from shoplog.stack.doctor import doctor as examine

    findings = examine(Settings.load())
    show("doctor", [asdict(finding) for finding in findings], as_json)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def census(as_json: Json = False) -> None:
    """Count the bytes and lines of every log file of this host, as the census would send them."""
    from shoplog.sites import load_sites
    from shoplog.stack.census import take_census

    settings = Settings.load()
    load_sites(settings)
    show("census", [asdict(row) for row in take_census(settings)], as_json)


def airflow(
    arguments: Annotated[list[str], typer.Argument(help="What the airflow command is given, after --.")],
) -> None:
    """Run Airflow's own command on this home: shoplog airflow -- backfill create --dag-id nightly ..."""
    from shoplog.stack.airflow import airflow_environment, airflow_program
    from shoplog.stack.launch import environment

    settings = Settings.load()
    program = airflow_program()
    os.execve(program, [program, *arguments], environment(settings) | airflow_environment(settings))


COMMANDS: tuple[Callable[..., Any], ...] = (up, down, restart, status, doctor, census, airflow)
