"""The detector on the Numenta Anomaly Benchmark, beside two simple peers on the same series, by the benchmark's own score.

One setting for all series; no label is read before all scores are made.
"""

from __future__ import annotations

import importlib.util
import json
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl

from shoplog.errors import UserError
from shoplog.io.series import Point, read_series
from shoplog.transforms.anomalies.detector import Detector

_TARGET = 55.0
_GAUSS_VALUES = 6_400  # of NAB's own windowed Gaussian detector
_DAY_VALUES = 288  # a day of five minutes, as most series have
_STAMP = 19  # characters of a time without fractions, as labels have it
Series = Sequence[Point]
Peer = Callable[[Series], list[float]]


def measure(nab: Path, scorer: Path) -> list[dict[str, Any]]:
    """Return one row per measurement: our figure, the peers' and the target.

    `nab` holds windows.json and the series it names; `scorer` is a Python file with `score_corpus(files, windows, profile)`.
    """
    windows = _windows(nab)
    corpus = {name: read_series(nab / name) for name in windows}
    values = sum(map(len, corpus.values()))
    judge = _load(scorer)
    scores: dict[str, dict[str, tuple[list[str], list[float]]]] = {}
    cost: dict[str, float] = {}
    for name, peer in PEERS.items():
        began = time.process_time()
        scores[name] = {
            file: ([point.timestamp[:_STAMP] for point in series], peer(series)) for file, series in corpus.items()
        }
        cost[name] = round((time.process_time() - began) / values * 1e6, 1)
    rows = []
    for profile in ("standard", "reward_low_FP_rate", "reward_low_FN_rate"):
        figures = {
            name: round(float(judge.score_corpus(files, windows, profile)["normalised"]), 1)
            for name, files in scores.items()
        }
        is_judged = profile == "standard"
        holds = figures["ours"] >= _TARGET or not is_judged
        of = f"{len(corpus)} series, {sum(map(len, windows.values()))} windows"
        rows.append(
            {
                "measure": f"NAB {profile}",
                "of": of,
                **figures,
                "target": f">= {_TARGET}" if is_judged else "",
                "holds": holds,
            }
        )
    return [*rows, {"measure": "microseconds per value", "of": f"{values} values", **cost, "target": "", "holds": True}]


def _ours(series: Series) -> list[float]:
    detector = Detector()
    return [detector.update(point.time_s, point.value).score for point in series]


def _windowed_gaussian(series: Series) -> list[float]:
    """Return 1 - p of each value among the last 6,400 before it, as if they were normal."""
    values = pl.Series([point.value for point in series])
    before = values.shift(1)
    mean, deviation = (getattr(before, f"rolling_{name}")(_GAUSS_VALUES, min_samples=10) for name in ("mean", "std"))
    away = ((values - mean).abs() / deviation.clip(1e-6)).fill_null(0.0)
    return [1 - 0.5 * math.erfc(z / math.sqrt(2)) for z in away.fill_nan(0.0)]


def _robust_z(series: Series) -> list[float]:
    """Return the distance from the median of the day before in median deviations, in [0, 1)."""
    values = pl.Series([point.value for point in series])
    median = values.shift(1).rolling_median(_DAY_VALUES, min_samples=10)
    away = (values - median).abs()
    usual = away.shift(1).rolling_median(_DAY_VALUES, min_samples=10)
    z = (away / (usual + 1e-6)).fill_null(0.0)
    return (z / (z + 1)).to_list()


PEERS: dict[str, Peer] = {"ours": _ours, "windowed gaussian": _windowed_gaussian, "robust z": _robust_z}


def _windows(nab: Path) -> dict[str, list[list[str]]]:
    path = nab / "windows.json"
    if not path.is_file():
        raise UserError(f"{path} is missing: name the folder that holds NAB's series and their windows.json.")
    labels = json.loads(path.read_text(encoding="utf-8"))
    return {name: [[start[:_STAMP], end[:_STAMP]] for start, end in spans] for name, spans in labels.items()}


def _load(scorer: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("nab_scorer", scorer) if scorer.is_file() else None
    if spec is None or spec.loader is None:
        raise UserError(f"{scorer} is no Python file with NAB's score: name one with --scorer.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
