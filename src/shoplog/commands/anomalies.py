"""anomalies: what is out of the ordinary in a series of values, or on a day of the shops."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from shoplog.commands.batch import parse_day
from shoplog.commands.printing import Json, as_table, show
from shoplog.contracts.columns import IDENTITY_NAMES
from shoplog.errors import UserError
from shoplog.settings import Settings


def anomalies(
    file: Annotated[
        Path | None, typer.Argument(help="CSV with the columns timestamp and value, in order of time; or use --date.")
    ] = None,
    date: Annotated[str | None, typer.Option(help="List this UTC day's anomalies, YYYY-MM-DD.")] = None,
    show_addresses: Annotated[
        bool, typer.Option("--show-addresses", help="With --date: name the addresses, read from the raw lines.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Score a series causally, or list what is out of the ordinary on a day.

    Of a file, --json writes every row, scored by what came before it alone; without it, the anomalies are printed.
    """
    if (file is None) == (date is None):
        raise UserError("Name either a CSV file or --date YYYY-MM-DD.")
    if date is not None:
        show(f"anomalies of {date}", of_day(date, show_addresses), as_json)
        return
    assert file is not None
    rows = scored(file)
    if as_json:
        for row in rows:
            print(json.dumps(row))
    else:
        as_table("anomalies", [row for row in rows if row["is_anomaly"]])


def of_day(text: str, show_addresses: bool) -> list[dict[str, Any]]:
    """Return the anomalies of a UTC day, final or provisional; with `address` where it is asked for."""
    from shoplog.io.anomalies import anomalies_of

    settings = Settings.load()
    rows = anomalies_of(settings, parse_day(text))
    if show_addresses:
        known = addresses_of(settings, rows)
        rows = [{**row, "address": known.get(tuple(row[name] for name in IDENTITY_NAMES))} for row in rows]
    return rows


def addresses_of(settings: Settings, anomalies: list[dict[str, Any]]) -> dict[tuple[Any, ...], str]:
    """Return the address of each line that the anomalies name, by site, host, file and byte_offset."""
    import polars as pl

    from shoplog.io.anomalies import raw_lines
    from shoplog.io.salts import known_raw_key
    from shoplog.sites import load_sites
    from shoplog.transforms.landing import readings_of
    from shoplog.transforms.parse import parse_lines
    from shoplog.transforms.raw_forms import opened

    lines = raw_lines(settings, anomalies)
    if lines.is_empty():
        return {}
    readings = readings_of(load_sites(settings))
    lines = lines.with_columns(opened(lines, known_raw_key(settings.secrets_dir)))
    parsed = parse_lines(lines.with_columns(pl.lit(None, pl.String).alias("reason")), readings)
    return {row[:-1]: row[-1] for row in parsed.select(*IDENTITY_NAMES, "address").iter_rows()}


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
