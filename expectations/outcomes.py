"""What one of Great Expectations' results says, as plain values: for `quality_result` and for the index of Data Docs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas

_SHOWN_ROWS = 5


def outcome(result: Any, frame: pandas.DataFrame | None = None, keys: Sequence[str] = ()) -> dict[str, Any]:
    """Return expectation, column, severity, success, observed, sites and unexpected_count; what was raised counts as observed.

    With its `frame`, what was observed names the first rows that broke it by their `keys`.
    """
    config, found = result.expectation_config, result.result or {}
    raised = (result.exception_info or {}).get("exception_message")
    column = config.kwargs.get("column")
    rows = found.get("partial_unexpected_index_list") or ()
    observed = raised or found.get("observed_value", found.get("partial_unexpected_list", ""))
    if rows and frame is not None and not raised:
        observed = "; ".join(_in_words(frame.loc[row], column, keys) for row in rows[:_SHOWN_ROWS])
        observed += f"; and {len(rows) - _SHOWN_ROWS} more" * (len(rows) > _SHOWN_ROWS)
    return {
        "expectation": config.type,
        "column": column,
        "severity": str(getattr(config.severity, "value", config.severity)),
        "success": bool(result.success),
        "observed": str(observed)[:500],
        "sites": tuple(sorted({str(frame.loc[row, "site"]) for row in rows})) if frame is not None and rows else (),
        "unexpected_count": int(found.get("unexpected_count") or 0),
    }


def _in_words(row: Any, column: str | None, keys: Sequence[str]) -> str:
    """Return what names a row, and its value in the checked column: in its own words where the frame has them."""
    values = row[[key for key in keys if key != column]].dropna()
    name = " ".join(str(value) for value in values if value != "")
    if column is None:
        return name
    value = row.get(f"{column}_seen") or row[column]
    return f"{name}: {value}"
