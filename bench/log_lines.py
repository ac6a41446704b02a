"""The benchmarks' input: generated logs of one day, kept below SHOPLOG_HOME, the same for every side and every run."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from shoplog.settings import Settings
from shoplog.traffic import TrafficPlan, generate

SITE = "shop"
DAY = datetime(2026, 11, 2, tzinfo=UTC)
_MALFORMED_SHARE = 0.002
_WINDOW_S = 120
_AT_ONCE = 10_000


def yesterday() -> datetime:
    """Return the start of the last UTC day that is over: its salt is alive, so that lines get visitor ids."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)


def log_files(settings: Settings, lines: int, day: datetime = DAY) -> list[Path]:
    """Return the files of a day's generated lines, an hour each, of which two in a thousand are malformed.

    They are written once; the truth's figures stand in `truth.json` beside the folder.
    """
    home = settings.home / "bench" / f"lines-{day:%Y%m%d}-{lines}"
    if not (home / "truth.json").exists():
        fresh = home.with_name(f"{home.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        defects = {"malformed": int(lines * _MALFORMED_SHARE)}
        generate(TrafficPlan(SITE, fresh / "logs", day, day + timedelta(days=1), lines=lines, defects=defects))
        fresh.rename(home)
    return sorted((home / "logs").glob("*.log"))


def compressed(files: list[Path]) -> list[Path]:
    """Return the files as archives beside them, made once."""
    folder = files[0].parents[1] / "archives"
    if not folder.exists():
        fresh = folder.with_name("archives.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        for path in files:
            with path.open("rb") as plain, gzip.open(fresh / f"{path.name}.gz", "wb", compresslevel=6) as packed:
                shutil.copyfileobj(plain, packed, 1 << 20)
        fresh.rename(folder)
    return sorted(folder.glob("*.gz"))


def lines_of_now(settings: Settings, rate: int, seconds: float) -> Iterator[tuple[str, list[bytes]]]:
    """Make lines of `seconds` at `rate` a second, whose event times are of the last minutes; return (file name, some lines).

    As many lines of a second as in production: a day's lines written in minutes would close its minutes far too often. What
    is longer than two minutes comes again under other names.
    """
    window_s = int(min(seconds, _WINDOW_S))
    end = datetime.now(UTC).replace(microsecond=0) - timedelta(
        seconds=window_s
    )  # none is of the future when it is written
    folder = settings.home / "bench" / "lines-of-now"
    shutil.rmtree(folder, ignore_errors=True)
    generate(TrafficPlan(SITE, folder / "logs", end - timedelta(seconds=window_s), end, lines=rate * window_s))
    return _again_and_again(sorted((folder / "logs").glob("*.log")), int(rate * seconds))


def _again_and_again(files: list[Path], left: int) -> Iterator[tuple[str, list[bytes]]]:
    turn = 0
    while left:
        for path in files:
            with path.open("rb") as file:
                while left and (lines := list(islice(file, min(left, _AT_ONCE)))):
                    left -= len(lines)
                    yield f"{path.stem}-{turn}.log", [line.rstrip(b"\n") for line in lines]
        turn += 1


def truth_of(files: list[Path]) -> dict[str, object]:
    """Return the truth that stands beside these files."""
    truth: dict[str, object] = json.loads((files[0].parents[1] / "truth.json").read_text(encoding="utf-8"))
    return truth
