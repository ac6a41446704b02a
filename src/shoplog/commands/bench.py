"""bench: a measurement with its peers beside it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from shoplog.commands.printing import Json, show
from shoplog.errors import UserError
from shoplog.settings import Settings

Rows = list[dict[str, Any]]
# How much of its lines, and how many warm runs, each has in `all`, which ends after some 70 minutes.
SPEED = {
    "ingest": (0.5, 2),
    "land": (0.5, 2),
    "batch": (0.2, 2),
    "recompute": (0.5, 2),
    "import": (0.2, 1),
    "freshness": (1.0, 1),
    "sustained": (0.2, 1),
    "drift": (0.2, 1),
    "memory": (0.5, 1),
    "growth": (0.5, 2),
    "query": (1.0, 5),
    "opening": (1.0, 1),
    "viewers": (1.0, 1),
    "stages": (1.0, 1),
    "driver": (1.0, 1),
    "scale": (0.5, 1),
}
PAIRED = ("ingest", "land", "batch", "recompute", "import")
_MODULES = {"import": "archives"}
_NAMES = ("all", *SPEED, "bots", "anomalies", "quality")


def bench(
    name: Annotated[
        str,
        typer.Argument(
            help="all: how fast; or one of ingest (file to topic), land (topic to tables), batch (files to figures), "
            "recompute (silver to gold), import (archives to published days), "
            "freshness, sustained, memory (the whole chain), drift (thousands of batches), "
            "growth (long history, many shops, cores), query (the pages over a hundred days), "
            "opening (the live page until its first number), viewers (hundreds watch it), "
            "stages (a task's CPU time), driver (the driver's own), "
            "scale (partitions, agents, executors). bots: how many bots are found, and how many people are taken for bots; "
            "anomalies: the detector on NAB; quality: which defect which check finds, and false alarms."
        ),
    ],
    scale: Annotated[float, typer.Option(min=0.0001, max=1, help="How fast: this part of the lines.")] = 1.0,
    runs: Annotated[
        int | None, typer.Option(min=1, help="How fast: warm runs of each side, by turns; 5, in `all` fewer.")
    ] = None,
    peer: Annotated[
        list[str] | None,
        typer.Option(help="ingest, land, batch, recompute, import: this peer only; may be given often."),
    ] = None,
    results: Annotated[
        Path | None, typer.Option(help="How fast: file that the results are written into, beside those of other names.")
    ] = None,
    logs: Annotated[
        Path | None, typer.Option(help="bots: folder of real logs to measure on as well: shop-*.log, scanner-*.log.")
    ] = None,
    nab: Annotated[
        Path | None, typer.Option(help="anomalies: folder of the Numenta Anomaly Benchmark's series and windows.json.")
    ] = None,
    scorer: Annotated[
        Path | None,
        typer.Option(help="anomalies: NAB's score in Python; by default ../../tools/nab_score.py from there."),
    ] = None,
    days: Annotated[
        int, typer.Option(min=1, help="quality: clean days, each held against the 28 days before it.")
    ] = 50,
    as_json: Json = False,
) -> None:
    """Measure, print our figure, its peers and the target; exit code 1 where a target is missed."""
    if name not in _NAMES:
        raise UserError(f"There is no benchmark {name!r}: use {', '.join(_NAMES[:-1])} or {_NAMES[-1]}.")
    if peer and name not in PAIRED:
        raise UserError(f"Only {', '.join(PAIRED)} have peers to choose from: leave out --peer.")
    measured: Rows = []
    for one in SPEED if name == "all" else (name,):
        part, few = SPEED[one] if name == "all" else (1.0, 5)
        rows = _rows_of(one, scale * part, runs or few, peer or [], logs, nab, scorer, days)
        show(f"bench {one}", rows, as_json)
        measured += rows
        if results is not None and one in SPEED:
            from bench.results import keep

            keep(results, one, rows)
    if not all(row["holds"] for row in measured):
        raise typer.Exit(1)


def _rows_of(
    name: str,
    scale: float,
    runs: int,
    peers: list[str],
    logs: Path | None,
    nab: Path | None,
    scorer: Path | None,
    days: int,
) -> Rows:
    if name in SPEED:
        chosen = {"only": peers} if peers else {}
        rows: Rows = import_module(f"bench.{_MODULES.get(name, name)}").measure(Settings.load(), scale, runs, **chosen)
        return rows
    if name == "bots":
        return _bots(logs)
    return _anomalies(nab, scorer) if name == "anomalies" else _quality(days)


def _bots(logs: Path | None) -> Rows:
    if logs is not None and not logs.is_dir():
        raise UserError(f"{logs} is not a folder: name one with access logs.")
    from bench.bots import measure

    return measure(logs)


def _anomalies(nab: Path | None, scorer: Path | None) -> Rows:
    if nab is None:
        raise UserError("The benchmark's series are not part of the project: name their folder with --nab.")
    from bench.anomalies import measure

    return measure(nab, scorer or nab / "../../tools/nab_score.py")


def _quality(days: int) -> Rows:
    from bench.quality import measure

    return measure(days)


COMMANDS: tuple[Callable[..., Any], ...] = (bench,)
