"""Which defect which check of Great Expectations finds, and what the checks say of clean days: the real suites, frame by frame.

Days are made by `quality_lines`, spoiled by `quality_defects` and `quality_spoilers`, turned into tables by `quality_world`.
Like a nightly's, each day is held against the days before it. A defect is found where its suite has a failed check that
passes on the clean day.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.quality_defects import DEFECTS, Defect
from bench.quality_lines import FIRST_DAY, clean_day
from bench.quality_world import Tables, World, measures
from expectations.outcomes import outcome
from expectations.run import RESULT_FORMAT, expectations
from expectations.suites import suites
from jobs.batch.quality_frames import Measured
from shoplog.contracts.quality import HISTORY_DAYS

if TYPE_CHECKING:
    import pandas

_SEED = 7
_SHORT_HISTORY = 8
_ALARMS = ("critical", "warning")
Failed = dict[tuple[str, str], str]  # suite and check -> severity
Row = dict[str, Any]


class Checker:
    """The suites in memory; a frame that was seen before has the outcome it had."""

    def __init__(self) -> None:
        """Build every suite once."""
        os.environ["GX_ANALYTICS_ENABLED"] = "False"
        import great_expectations as gx

        context = gx.get_context(mode="ephemeral")
        context.enable_analytics(False)
        context.variables.progress_bars = {"globally": False, "metric_calculations": False}
        source = context.data_sources.add_pandas("frames")
        self._suites = {
            name: (
                source.add_dataframe_asset(name).add_batch_definition_whole_dataframe("day"),
                gx.ExpectationSuite(name=name, expectations=expectations(gx, suite)),
            )
            for name, suite in suites().items()
        }
        self.checks: dict[tuple[str, str], str] = {}
        self._seen: dict[tuple[str, str], Failed] = {}

    def failed(self, of_day: dict[str, pandas.DataFrame]) -> Failed:
        """Return the failed checks of a day's frames."""
        found: Failed = {}
        for suite, frame in of_day.items():
            key = (suite, frame.to_json(date_format="iso"))
            if key not in self._seen:
                self._seen[key] = self._validated(suite, frame)
            found |= self._seen[key]
        return found

    def _validated(self, suite: str, frame: pandas.DataFrame) -> Failed:
        definition, expected = self._suites[suite]
        ran = definition.get_batch({"dataframe": frame}).validate(expected, result_format=RESULT_FORMAT)
        failed: Failed = {}
        for result in ran.results:
            one = outcome(result)
            of = one["column"] or ", ".join(result.expectation_config.kwargs.get("column_list", ["rows"]))
            check = (suite, f"{one['expectation']} of {of}")
            self.checks[check] = one["severity"]
            if not one["success"]:
                failed[check] = one["severity"]
        return failed


@dataclass(slots=True)
class Found:
    """What became of a defect."""

    runs: int = 0
    caught: int = 0
    by: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)


def measure(days: int, short: bool = False) -> list[Row]:
    """Return a row per defect, one for `days` clean days and one for checks that nothing failed; each says whether it holds.

    `short`: every defect once, in one of its variants, so that not every check is met.
    """
    checker, rng = Checker(), np.random.default_rng(_SEED)
    found: dict[int, Found] = defaultdict(Found)
    tripped: set[tuple[str, str]] = set()
    alarms: list[str] = []
    runs = _runs(days, short)
    for number, (clean, history) in enumerate(_clean_days(days, _SHORT_HISTORY if short else HISTORY_DAYS)):
        tables = Tables(clean, history)
        of_clean = checker.failed(tables.frames())
        alarms += [
            f"{clean.day} {suite}: {check}" for (suite, check), severity in of_clean.items() if severity in _ALARMS
        ]
        for place, variant in runs[number]:
            defect, world = DEFECTS[place], replace(clean, gold_edits=[], edits=[])
            defect.spoil(world, rng, variant)
            spoiled = tables if world.landed == clean.landed else Tables(world, history)
            of_day = checker.failed(spoiled.frames(world.gold_edits, world.edits))
            if spoiled is not tables:
                spoiled.close()
            new = of_day.keys() - of_clean.keys()
            tripped |= new
            _count(found[place], defect, variant, new)
        tables.close()
    rows = [_defect_row(defect, found[place]) for place, defect in enumerate(DEFECTS)]
    idle = sorted(f"{suite}: {check}" for suite, check in checker.checks.keys() - tripped)
    rows.append(
        _row("clean", "false alarms (critical or warning)", f"{days} clean days", days, len(alarms), alarms, not alarms)
    )
    if short:
        return rows
    rows.append(_row("checks", "checks that no defect failed", "", len(checker.checks), len(idle), idle, not idle))
    return rows


def _runs(days: int, short: bool) -> list[list[tuple[int, str]]]:
    """Return the runs of each clean day, by defect and variant: every variant once, and every defect five times in 50 days."""
    plan: list[list[tuple[int, str]]] = [[] for _ in range(days)]
    turn = 0
    for place, defect in enumerate(DEFECTS):
        for run in range(1 if short else max(len(defect.variants), days // 10)):
            plan[turn % days].append((place, defect.variants[run % len(defect.variants)]))
            turn += 1
    return plan


def _clean_days(days: int, history_days: int) -> Iterator[tuple[World, list[Measured]]]:
    """Yield clean days, each with the measures of so many days before it."""
    known: dict[date, list[Measured]] = {}
    for step in range(history_days + days):
        day = FIRST_DAY + timedelta(days=step)
        rows = clean_day(day, _SEED)
        if step >= history_days:
            history = [one for back in range(1, history_days + 1) for one in known[day - timedelta(days=back)]]
            yield World.clean(day, rows), history
        known[day] = measures(day, rows)


def _count(found: Found, defect: Defect, variant: str, new: set[tuple[str, str]]) -> None:
    suite = defect.suite.format(variant=variant, table=variant.partition(".")[0])
    found.runs += 1
    if any(of == suite for of, _ in new):
        found.caught += 1
    else:
        found.missed.append(variant or defect.name)
    found.by.update(sorted(f"{of}: {check}" for of, check in new))


def _defect_row(defect: Defect, found: Found) -> Row:
    by = [check for check, _ in found.by.most_common()]
    row = _row(defect.kind, defect.name, defect.size, found.runs, found.caught, by, found.caught == found.runs > 0)
    return {**row, "missed": found.missed}


def _row(kind: str, name: str, size: str, runs: int, count: int, checks: list[str], holds: bool) -> Row:
    return {"class": kind, "defect": name, "size": size, "runs": runs, "count": count, "checks": checks, "missed": [],
            "holds": holds}  # fmt: skip
