"""stream start|stop|drain|restart|ensure|status: desired state in, what the driver says out."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from shoplog.commands.printing import Json, show_one
from shoplog.settings import Settings
from shoplog.stack import control

app = typer.Typer(help="Write the stream's desired state; the supervised driver carries it out.", no_args_is_help=True)
Timeout = Annotated[float, typer.Option("--timeout", help="Seconds to wait for the driver.")]


@app.command()
def start(
    from_bronze: Annotated[
        bool, typer.Option("--from-bronze", help="The tables are right, the checkpoint is not.")
    ] = False,
    reset_offsets: Annotated[
        bool, typer.Option("--reset-offsets", help="The topic was made anew or lost records.")
    ] = False,
    timeout: Timeout = 120,
) -> None:
    """Start the stream and wait until it runs; refused where offsets, checkpoint and tables do not fit."""
    settings = Settings.load()
    control.give_orders(settings, "running", from_bronze, reset_offsets)
    control.wait_for_stream(settings, timeout)


@app.command()
def stop(timeout: Timeout = 120) -> None:
    """Stop the stream after the batch that is running."""
    settings = Settings.load()
    control.give_orders(settings, "stopped")
    control.wait_for_stream(settings, timeout)


@app.command()
def drain(timeout: Timeout = 600) -> None:
    """Stop the stream once everything in Kafka has been measured."""
    settings = Settings.load()
    control.give_orders(settings, "drained")
    control.wait_for_stream(settings, timeout)


@app.command()
def restart(timeout: Timeout = 180) -> None:
    """End the driver after its batch and start a new one."""
    settings = Settings.load()
    control.give_orders(settings, "running", again=True)
    control.wait_for_stream(settings, timeout)


@app.command()
def ensure(timeout: Timeout = 120) -> None:
    """Leave the desired state as it is and wait until the stream is in it."""
    control.wait_for_stream(Settings.load(), timeout)


@app.command()
def status(
    as_json: Json = False, wait: Annotated[bool, typer.Option("--wait", help="Wait for the desired state.")] = False
) -> None:
    """Show what the driver last said; exit code 1 when the stream is refused or failed."""
    settings = Settings.load()
    said = control.wait_for_stream(settings, 120) if wait else control.read_status(settings)
    show_one("stream", asdict(said), as_json)
    if said.state in ("refused", "failed"):
        raise typer.Exit(1)
