"""What on-call looks at first, of the measures that Prometheus gets, in words."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime

from prometheus_client.registry import CollectorRegistry

# By measure: the value of each sample by its label's value, "" where it has none.
Measured = Mapping[str, Mapping[str, float]]
_EQUAL_DAY = "shoplog_certificate_equal_day_timestamp_seconds"


def measured(registry: CollectorRegistry) -> Measured:
    """Return every measure as it is now."""
    found: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for family in registry.collect():
        for sample in family.samples:
            found[sample.name][",".join(sample.labels.values())] = sample.value
    return found


def figure_rows(now: Measured, before: tuple[float, Measured] | None) -> list[tuple[str, str]]:
    """Return what on-call looks at first, in words; a measure that no source told is left out, and the source named."""

    def total(name: str) -> float | None:
        return sum(now[name].values()) if name in now else None

    def rate(name: str) -> float | None:
        if before is None or name not in now or name not in before[1]:
            return None
        return max(0.0, sum(now[name].values()) - sum(before[1][name].values())) / max(
            time.monotonic() - before[0], 0.1
        )

    def each(name: str, form: str = ",.0f") -> str:
        return ", ".join(f"{label} {value:{form}}" for label, value in sorted(now.get(name, {}).items()))

    batch, equal = now.get("shoplog_stream_batch_seconds", {}), now.get(_EQUAL_DAY, {})
    disk, free = total("shoplog_disk_bytes"), total("shoplog_disk_free_bytes")
    days = ", ".join(f"{site} {datetime.fromtimestamp(at, UTC):%Y-%m-%d}" for site, at in sorted(equal.items()))
    told: list[tuple[str, float | None, str, str]] = [
        ("lag", total("shoplog_stream_lag_lines"), "{:,.0f} lines", each("shoplog_stream_lag_lines")),
        ("into Kafka", rate("shoplog_kafka_end_offset_total"), "{:,.0f} lines/s", ""),
        ("into gold", rate("shoplog_stream_committed_offset_total"), "{:,.0f} lines/s", ""),
        ("last batch", batch.get("whole"), "{:.2f} s", each("shoplog_stream_batch_seconds", ".2f")),
        ("newest commit", total("shoplog_commit_age_seconds"), "{:,.0f} s ago", ""),
        ("newest minute", total("shoplog_event_age_seconds"), "ended {:,.0f} s ago", ""),
        ("lines", total("shoplog_lines_total"), "{:,.0f}", each("shoplog_lines_total")),
        ("unaccounted for", total("shoplog_ledger_residue_lines"), "{:,.0f} lines", each("shoplog_ledger_residue_lines")),
        ("last days", total("shoplog_days"), "{:,.0f}", each("shoplog_days")),
        ("proved equal", float(len(equal)) if equal else None, "{:,.0f} sites", days),
        ("disk free", 100 * free / disk if disk and free is not None else None, "{:.0f} %", ""),
    ]  # fmt: skip
    rows = [
        (what, form.format(value) + (f"   ({more})" if more else ""))
        for what, value, form, more in told
        if value is not None
    ]
    failed = [source for source, is_failed in now.get("shoplog_source_failed", {}).items() if is_failed]
    return [*rows, *((source, "cannot be read: does the part run?") for source in failed)]
