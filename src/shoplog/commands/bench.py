"""bench: a measurement with its peers beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from shoplog.commands.printing import Json, show
from shoplog.errors import UserError


def bench(
    name: Annotated[
        str,
        typer.Argument(
            help="bots: how many bots are found, and how many people are taken for bots; anomalies: the detector on NAB; "
            "quality: which defect which check finds, and false alarms."
        ),
    ],
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
    if name not in (names := (*_MEASURES, "quality")):
        raise UserError(f"There is no benchmark {name!r}: use {' or '.join(names)}.")
    rows = _quality(days) if name == "quality" else _MEASURES[name](logs, nab, scorer)
    show(f"bench {name}", rows, as_json)
    if not all(row["holds"] for row in rows):
        raise typer.Exit(1)


def _bots(logs: Path | None, nab: Path | None, scorer: Path | None) -> list[dict[str, Any]]:
    if logs is not None and not logs.is_dir():
        raise UserError(f"{logs} is not a folder: name one with access logs.")
    from bench.bots import measure

    return measure(logs)


def _anomalies(logs: Path | None, nab: Path | None, scorer: Path | None) -> list[dict[str, Any]]:
    if nab is None:
        raise UserError("The benchmark's series are not part of the project: name their folder with --nab.")
    from bench.anomalies import measure

    return measure(nab, scorer or nab / "../../tools/nab_score.py")


def _quality(days: int) -> list[dict[str, Any]]:
    from bench.quality import measure

    return measure(days)


_MEASURES = {"bots": _bots, "anomalies": _anomalies}
COMMANDS: tuple[Callable[..., Any], ...] = (bench,)
