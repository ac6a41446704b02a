"""growth: what a long history and many shops cost the live page, and what a second core brings to landing; no peer."""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl
import psutil

from bench.broker import own_home
from bench.history import append_partials, parsed_of_yesterday
from bench.land import preloaded
from bench.pair import Row
from bench.sides import Kept
from dashboard.read_model import LiveReadModel
from shoplog.contracts.families import LIVE_FAMILIES
from shoplog.contracts.tables import GOLD_PARTIAL_LIVE
from shoplog.io.sinks import create_table
from shoplog.io.transactions import append_rows
from shoplog.settings import Settings
from shoplog.transforms.fold import folded
from shoplog.transforms.measure import measured

_LINES, _LANDED = 500_000, 1_000_000
_HISTORY, _SITES = (1, 10, 100), 50
# As many files as upkeep leaves of a day that is over, and of the present one.
_FILES_OF_A_DAY, _FILES_OF_TODAY = 24, 100
_REFRESHES = 15
_FLAT, _OF_A_CORE = 1.25, 1.7


def measure(settings: Settings, scale: float, runs: int) -> list[Row]:
    """Return a row for each length of history, for many shops, and for the second core."""
    return [*_pages(settings, max(20_000, int(_LINES * scale))), _cores(settings, int(_LANDED * scale), runs)]


def _pages(settings: Settings, lines: int) -> Iterator[Row]:
    requests = parsed_of_yesterday(settings, lines)
    day = folded(measured(requests, LIVE_FAMILIES))
    with own_home(settings) as own:
        create_table(own, GOLD_PARTIAL_LIVE.name)
        append_partials(own, day, [0], _FILES_OF_TODAY)
        known, base = 1, 0.0
        for days in _HISTORY:
            append_partials(own, day, range(known, days), _FILES_OF_A_DAY)
            known = days
            first_ms, ms = _page_ms(own, day.head(1))
            base = base or ms
            yield _row(f"live page, {days} days of history", first_ms, ms, ms / base, _FLAT)
    shop = pl.concat_str(pl.lit("shop"), (pl.col("byte_offset") % _SITES).cast(pl.String)).alias("site")
    many = folded(measured(requests.with_columns(shop), LIVE_FAMILIES))
    with own_home(settings) as own:
        create_table(own, GOLD_PARTIAL_LIVE.name)
        append_partials(own, many, [0], _FILES_OF_TODAY)
        first_ms, ms = _page_ms(own, many.head(1))
        yield _row(f"live page, the same lines of {_SITES} shops", first_ms, ms, ms / base, None)


def _row(what: str, first_ms: float, ms: float, ratio: float, most: float | None) -> Row:
    to_reach = "published" if most is None else f"{most} of 1 day at most"
    return {
        "name": "growth", "what": what, "first_ms": round(first_ms), "ms": round(ms), "ratio": round(ratio, 2),
        "to_reach": to_reach, "holds": most is None or ratio <= most,
    }  # fmt: skip


def _page_ms(settings: Settings, row: pl.DataFrame) -> tuple[float, float]:
    """Return how long the page's figures take at first, and after each commit."""
    began = time.perf_counter()
    model = LiveReadModel(settings)
    model.snapshot()
    first_ms, took_ms = (time.perf_counter() - began) * 1e3, []
    for _ in range(_REFRESHES):
        append_rows(settings.warehouse / GOLD_PARTIAL_LIVE.name, row, GOLD_PARTIAL_LIVE, "{}")
        began = time.perf_counter()
        model.snapshot()
        took_ms.append((time.perf_counter() - began) * 1e3)
    return first_ms, statistics.median(took_ms)


def _cores(settings: Settings, lines: int, runs: int) -> Row:
    """Return the rate of landing on all cores beside that on one: stream and broker share them."""
    every = sorted(os.sched_getaffinity(0))
    with preloaded(settings, lines) as broker:
        own = broker.settings
        variables = {"SHOPLOG_HOME": str(own.home), "SHOPLOG_KAFKA_PORT": str(own.kafka_port)}
        seconds = {}
        for cores in (every[:1], every[:2]):
            with _pinned(broker.pid, cores):
                chosen = ["taskset", "-c", ",".join(map(str, cores)), sys.executable, "-m", "bench.ours_land"]
                side = Kept("ours", chosen, variables, [broker.pid])
                try:
                    side.run()
                    seconds[len(cores)] = statistics.median(side.run().used.seconds for _ in range(runs))
                finally:
                    side.close()
    one, two = seconds[1], seconds[min(2, len(every))]
    return {
        "name": "growth", "what": "land, one core beside two", "first_ms": round(one * 1e3), "ms": round(two * 1e3),
        "ratio": round(one / two, 2), "to_reach": f"{_OF_A_CORE} times the rate", "holds": one / two >= _OF_A_CORE,
    }  # fmt: skip


@contextmanager
def _pinned(pid: int, cores: list[int]) -> Iterator[None]:
    """Keep a process and all its threads on these cores meanwhile."""
    threads = [pid, *(thread.id for thread in psutil.Process(pid).threads())]
    before = os.sched_getaffinity(pid)
    for thread in threads:
        os.sched_setaffinity(thread, cores)
    try:
        yield
    finally:
        for thread in threads:
            os.sched_setaffinity(thread, before)
