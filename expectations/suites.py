"""Suites as data, made from the contracts: (expectation, arguments, severity, what it means when it fails) per frame."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from shoplog.contracts.families import FAMILIES
from shoplog.contracts.model import Family, Metric
from shoplog.contracts.proof import LEDGER_FILE
from shoplog.contracts.quality import LEAST_DAYS, MEASURES, MOST_IN_FLIGHT


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation: its class in Great Expectations, its arguments, how bad it is and what it means when it fails."""

    expectation: str
    means: str
    arguments: dict[str, Any] = field(default_factory=dict)
    severity: str = "critical"


@dataclass(frozen=True, slots=True)
class Suite:
    """The checks of one frame; `keys` are the columns that name a row to whoever must look for it."""

    keys: tuple[str, ...]
    checks: tuple[Check, ...]


def suites() -> dict[str, Suite]:
    """Return the suite of each frame: ledger, windows, parity, certificate, volume and a profile per gold table.

    Missing is failing: a suite asks for rows. A profile has rows whatever the day: what is absent is null in them.
    """
    return {
        "ledger": Suite(("site", "host", "file", "broken_ranges"), (_ROWS, *_ledger())),
        "windows": Suite(("site", "first_wrong"), (_ROWS, _is_0("wrong", "accepted lines of a minute are not in gold"))),
        "parity": Suite(("site", "family", "metric", "example"), (_ROWS, *_parity())),
        "certificate": Suite(("site",), (_ROWS, *_certificate())),
        "volume": Suite(("site",), (_CAME_IN_TIME, *_volume())),
        **{family.table: Suite(("site", "metric"), _profile(family)) for family in FAMILIES},
    }  # fmt: skip


def must_have_rows(family: Family) -> bool:
    """Whether any line makes a row of the family; a day may be without orders or errors."""
    return family.of == Family.__dataclass_fields__["of"].default


def profiled(family: Family) -> dict[str, Metric]:
    """Return the figures of a family of which smallest, largest and absent values are counted, by column name."""
    return {m.figure_name or m.name: m for m in family.metrics if m.type == "bigint" or m.figure}


def _between(column: str, low: float | None, high: float | None, means: str, severity: str = "critical") -> Check:
    bounds = {name: limit for name, limit in (("min_value", low), ("max_value", high)) if limit is not None}
    return Check("ExpectColumnValuesToBeBetween", means, {"column": column, **bounds}, severity)


def _is_0(column: str, means: str, severity: str = "critical") -> Check:
    return _between(column, 0, 0, means, severity)


def _known(columns: Iterable[str], means: str) -> tuple[Check, ...]:
    """Bounds do not look at nulls."""
    return tuple(Check("ExpectColumnValuesToNotBeNull", means, {"column": column}) for column in columns)


_ROWS = Check("ExpectTableRowCountToBeBetween", "a side is missing: nothing was there to check", {"min_value": 1})
# Whether its lines are all there is what the ledger says: they may have come in on a later day, or by an import.
_CAME_IN_TIME = Check(
    "ExpectTableRowCountToBeBetween",
    "nothing came in on the day itself, so it cannot be held against others",
    {"min_value": 1},
    "warning",
)


def _ledger() -> tuple[Check, ...]:
    counts = [column.name for column in LEDGER_FILE.columns if column.type == "bigint"]
    return (
        _is_0("residue", "a line was written and is neither in a table nor on its way, or is there without having been written"),
        # Where the lines' numbers agree by chance, the bytes do not.
        _is_0("missing_bytes", "bytes of the file are in no line"),
        _is_0("doubled_bytes", "bytes of the file are in two lines"),
        _between("in_flight", 0, MOST_IN_FLIGHT, "lines wait: agent, broker or stream stand still or are slow", "warning"),
        *_known(counts, "a count was never made"),
        Check("ExpectMulticolumnSumToEqual", "a bronze row has no fate or two",
              {"column_list": ["accepted", "quarantined", "duplicates", "erased", "minus_bronze"], "sum_total": 0}),
        Check("ExpectMulticolumnSumToEqual", "a count was changed after the ledger was closed",
              {"column_list": ["written", "torn", "minus_accepted", "minus_quarantined", "minus_erased", "minus_in_flight",
                               "minus_residue"],
               "sum_total": 0}),
        Check("ExpectCompoundColumnsToBeUnique", "the day was closed twice over itself",
              {"column_list": ["site", "host", "file"]}),
    )  # fmt: skip


def _parity() -> tuple[Check, ...]:
    return (
        _is_0("without_live", "batch has a window or figure that the stream has not"),
        _is_0("without_batch", "the stream has a window or figure that batch has not"),
        _is_0("unexplained", "live and batch differ and nothing explains it"),
    )


def _certificate() -> tuple[Check, ...]:
    return (
        *_known(("verdict",), "a site with traffic has no certificate of the day"),
        Check("ExpectColumnValuesToBeInSet", "the certificate says different or incomplete",
              {"column": "verdict", "value_set": ["equal"]}),
        _is_0("unexplained_figures", "figures of the certificate are unexplained"),
        _is_0("late_requests", "lines of the day came in after its bronze version: the day is dirty", "warning"),
    )  # fmt: skip


def _volume() -> tuple[Check, ...]:
    return (
        _between("history_days", LEAST_DAYS, None, "too few earlier days to say what is usual", "info"),
        *(_between(m.name, -1, 1, f"{m.meaning}: far from the site's own earlier days", "warning") for m in MEASURES),
    )


def _profile(family: Family) -> tuple[Check, ...]:
    metrics = profiled(family)
    checks = [_is_0("nulls", "a figure is absent")]
    if must_have_rows(family):
        checks += _known(("minimum",), "the day has no rows")
    for column, bound in (("minimum", "at_least"), ("maximum", "at_most")):
        limits = {name: getattr(metric, bound) for name, metric in metrics.items()}
        for limit in sorted({value for value in limits.values() if value is not None}):
            low, high = (limit, None) if bound == "at_least" else (None, limit)
            check = _between(column, low, high, f"a figure is beyond its bound of {limit:g}")
            names = [name for name, value in limits.items() if value == limit]
            if len(names) < len(metrics):
                condition = f"metric in {names!r}"
                check.arguments.update(condition_parser="pandas", row_condition=condition)
            checks.append(check)
    return tuple(checks)
