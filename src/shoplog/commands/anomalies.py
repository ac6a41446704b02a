"""anomalies: what is out of the ordinary in a series of values."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from shoplog.commands.printing import Json, as_table


def anomalies(
    file: Annotated[Path, typer.Argument(help="CSV with the columns timestamp and value, in order of time.")],
    as_json: Json = False,
) -> None:
    """Score a series causally: each row by what came before it alone. With --json every row, else its anomalies."""
    rows = scored(file)
    if as_json:
        for row in rows:
            print(json.dumps(row))
    else:
        as_table("anomalies", [row for row in rows if row["is_anomaly"]])


def scored(file: Path) -> Iterator[dict[str, Any]]:
    """Yield timestamp, score, lower, upper and is_anomaly of each row; the band is null where there is no value."""
    from shoplog.io.series import read_series
    from shoplog.transforms.anomalies.detector import Detector

    detector = Detector()
    for point in read_series(file):
        found = detector.update(point.time_s, point.value)
        yield {
            "timestamp": point.timestamp,
            "score": round(found.score, 6),
            "lower": found.lower,
            "upper": found.upper,
            "is_anomaly": found.is_anomaly,
        }


COMMANDS: tuple[Callable[..., Any], ...] = (anomalies,)
