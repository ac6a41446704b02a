"""Suites as data, made from the contracts: (expectation, arguments, severity) per frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from shoplog.contracts.families import FAMILIES
from shoplog.contracts.tables import GOLD_PARITY, LEDGER_FILE


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation: its class in Great Expectations, its arguments, how bad it is when it fails."""

    expectation: str
    arguments: dict[str, Any] = field(default_factory=dict)
    severity: str = "critical"


def suites() -> dict[str, tuple[Check, ...]]:
    """Return the checks of each frame: ledger, parity and a profile per gold table.

    Missing is failing: every suite begins by asking for rows.
    """
    rows = Check("ExpectTableRowCountToBeBetween", {"min_value": 1})
    must_be_0 = ("residue", "missing_bytes", "doubled_bytes")
    counted = [c.name for c in LEDGER_FILE.columns if c.type == "bigint" and c.name not in must_be_0]
    ledger = (
        rows,
        # Fires when a line was written and is neither in a table nor on its way.
        Check("ExpectColumnValuesToBeBetween", {"column": "residue", "min_value": 0, "max_value": 0}),
        # Fire when bytes of a file are in no line or in two, even where the lines' numbers agree.
        Check("ExpectColumnValuesToBeBetween", {"column": "missing_bytes", "min_value": 0, "max_value": 0}),
        Check("ExpectColumnValuesToBeBetween", {"column": "doubled_bytes", "min_value": 0, "max_value": 0}),
        Check("ExpectColumnValuesToBeBetween", {"column": "in_flight", "min_value": 0, "max_value": 0}, "warning"),
        *(Check("ExpectColumnValuesToBeBetween", {"column": name, "min_value": 0}) for name in counted),
        # Fires when a count was never made: bounds do not look at nulls.
        *(Check("ExpectColumnValuesToNotBeNull", {"column": name}) for name in (*counted, *must_be_0)),
        # Fires when a bronze row has no fate or two.
        Check(
            "ExpectMulticolumnSumToEqual",
            {"column_list": ["accepted", "quarantined", "duplicates", "minus_bronze"], "sum_total": 0},
        ),
        Check("ExpectCompoundColumnsToBeUnique", {"column_list": ["site", "host", "file"]}),
    )  # fmt: skip
    parity_columns = [c.name for c in GOLD_PARITY.columns if c.name in ("live", "batch", "unexplained")]
    parity = (
        rows,
        # Fires when one layer has a window or figure that the other has not.
        *(Check("ExpectColumnValuesToNotBeNull", {"column": name}) for name in parity_columns),
        Check("ExpectColumnValuesToBeBetween", {"column": "unexplained", "min_value": 0, "max_value": 0}),
    )
    return {"ledger": ledger, "parity": parity, **{family.table: (rows, *_profile(family)) for family in FAMILIES}}


def _profile(family: Any) -> list[Check]:
    figures = [
        metric.figure_name or metric.name for metric in family.metrics if metric.type == "bigint" or metric.figure
    ]
    checks = [
        Check("ExpectColumnValuesToBeBetween", {"column": "nulls", "min_value": 0, "max_value": 0}),
        # Fire when the day has no rows or a figure is absent: bounds look neither at nulls nor at what is not there.
        *(Check("ExpectColumnValuesToNotBeNull", {"column": column}) for column in ("minimum", "maximum", "nulls")),
        Check("ExpectColumnDistinctValuesToEqualSet", {"column": "metric", "value_set": figures}),
    ]
    for metric in family.metrics:
        if metric.type == "bigint" or metric.figure:
            only = {"condition_parser": "pandas", "row_condition": f'metric == "{metric.figure_name or metric.name}"'}
            bounds = (("minimum", "min_value", metric.at_least), ("maximum", "max_value", metric.at_most))
            checks += [
                Check("ExpectColumnValuesToBeBetween", {"column": column, bound: limit, **only})
                for column, bound, limit in bounds
                if limit is not None
            ]
    return checks
