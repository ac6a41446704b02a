"""query: the pages of figures over a hundred days, as each new commit leaves them, beside DuckDB on the same Parquet."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache

import polars as pl

from bench.broker import own_home
from bench.history import append_partials, parsed_of_yesterday, repeat_published
from bench.log_lines import SITE, log_files, yesterday
from bench.pair import Row
from bench.sides import Kept
from dashboard.read_model.pages import PAGES
from dashboard.read_model.screens import ScreenReadModel
from jobs.report import Tables, report_of
from shoplog.contracts.families import LIVE_FAMILIES
from shoplog.contracts.tables import GOLD_PARTIAL_LIVE
from shoplog.io.period import Period
from shoplog.io.sinks import create_table
from shoplog.report.as_json import as_object
from shoplog.report.model import Report
from shoplog.report.question import Filter, Question, Span, spans_of
from shoplog.settings import Settings
from shoplog.transforms.fold import folded
from shoplog.transforms.measure import measured

_LINES_A_DAY, _DAYS, _FILES_OF_TODAY = 50_000, 100, 100
_ROUNDS_A_RUN, _ROWS_OF_A_BATCH, _DUCKDB_RUNS = 4, 200, 3
_MOST_MS = 300


def measure(settings: Settings, scale: float, runs: int) -> list[Row]:
    """Return a row a page and question."""
    lines = max(5_000, int(_LINES_A_DAY * scale))
    days = max(3, int(_DAYS * scale)) if scale < 0.1 else _DAYS
    with own_home(settings) as own:
        partials = _fill(own, settings, lines, days)
        return list(_rows(own, partials.head(_ROWS_OF_A_BATCH), days, runs * _ROUNDS_A_RUN))


def _fill(own: Settings, settings: Settings, lines: int, days: int) -> pl.DataFrame:
    """Make the history: days that are published, and today's live partials, which are returned."""
    files = [str(path) for path in log_files(settings, lines, yesterday())]
    day = yesterday().date()
    ours = Kept(
        "import", [sys.executable, "-m", "bench.ours_import", f"{day}", *files], {"SHOPLOG_HOME": str(own.home)}
    )
    ours.run()
    ours.close()
    repeat_published(own, day, days - 2)
    create_table(own, GOLD_PARTIAL_LIVE.name)
    partials = folded(measured(parsed_of_yesterday(settings, lines), LIVE_FAMILIES))
    append_partials(own, partials, [-1], _FILES_OF_TODAY)
    return partials


def _rows(own: Settings, batch: pl.DataFrame, days: int, rounds: int) -> Iterator[Row]:
    today = datetime.now(UTC).date()
    first, half = today - timedelta(days=days - 1), days // 2
    whole, late = Span(first, today), Span(today - timedelta(days=half - 1), today)
    questions = {
        f"{days} days": Question(whole),
        f"{half} days beside {half} before": Question(
            late, compare=Span(late.first - timedelta(days=half), late.first - timedelta(days=1))
        ),
        f"{days} days, one country": Question(whole, filters=(Filter("country", ("DE",)),)),
    }
    model = ScreenReadModel(own)
    asked = [_Asked(model, own, page, words, question) for words, question in questions.items() for page in PAGES]
    first_ms = {one: _ms(one.ours) for one in asked}
    ours_ms: dict[_Asked, list[float]] = {one: [] for one in asked}
    for _ in range(rounds):
        append_partials(own, batch, [-1], 1)
        for one in asked:
            ours_ms[one].append(_ms(one.ours))
    for one in asked:
        duckdb_ms, theirs = one.duckdb()
        if as_object(one.ours()) != as_object(theirs):
            raise RuntimeError(f"query: {one.what} is not what DuckDB finds in the same files.")
        yield _row(one.what, first_ms[one], ours_ms[one], duckdb_ms)


class _Asked:
    """One page's question, put to the read model and to DuckDB."""

    def __init__(self, model: ScreenReadModel, own: Settings, page: str, words: str, question: Question) -> None:
        self.what = f"{page} page, {words}"
        self._model, self._own, self._question, self._sections = model, own, question, PAGES[page]

    def ours(self) -> Report:
        return self._model.report(self._question, (SITE,), self._sections)

    def duckdb(self) -> tuple[float, Report]:
        """Return how long DuckDB takes over files that it was told, the median of three times, and what it finds."""
        tables = _opened(self._own, tuple((span.first, span.last) for span in spans_of(self._question)))
        took_ms = []
        for _ in range(_DUCKDB_RUNS):
            began = time.perf_counter()
            found = report_of(tables, self._own, self._question, (SITE,), self._sections)
            took_ms.append((time.perf_counter() - began) * 1e3)
        return statistics.median(took_ms), found


@cache
def _opened(own: Settings, days: tuple[tuple[date, date], ...]) -> Tables:
    """Return DuckDB with the files of these days; to find them, version by version, takes seconds and is not its work."""
    return Tables(Period(own, days))


def _row(what: str, first_ms: float, ours_ms: Sequence[float], beside: float) -> Row:
    p50, p95 = statistics.median(ours_ms), statistics.quantiles(ours_ms, n=20, method="inclusive")[18]
    return {
        "name": "query", "what": what, "first_ms": round(first_ms), "p50_ms": round(p50), "p95_ms": round(p95),
        "duckdb_ms": round(beside), "ratio": round(beside / p50, 2), "to_reach": f"p95 {_MOST_MS} ms",
        "holds": p95 <= _MOST_MS,
    }  # fmt: skip


def _ms(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1e3
