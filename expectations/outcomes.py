"""What one of Great Expectations' results says, as plain values: for `quality_result` and for the index of Data Docs."""

from __future__ import annotations

from typing import Any


def outcome(result: Any) -> dict[str, Any]:
    """Return expectation, column, severity, success, observed and unexpected_count; what was raised counts as observed."""
    config, found = result.expectation_config, result.result or {}
    raised = (result.exception_info or {}).get("exception_message")
    observed = raised or found.get("observed_value", found.get("partial_unexpected_list", ""))
    return {
        "expectation": config.type,
        "column": config.kwargs.get("column"),
        "severity": str(getattr(config.severity, "value", config.severity)),
        "success": bool(result.success),
        "observed": str(observed)[:500],
        "unexpected_count": int(found.get("unexpected_count") or 0),
    }
