"""memory: the stack's peak at a steady rate, without Airflow and with it; no peer."""

from __future__ import annotations

from bench.chain import CHAIN, passed
from bench.pair import Row
from shoplog.settings import Settings
from shoplog.stack.parts import PARTS

_RATE = 20_000
_SECONDS = 120.0
_AIRFLOW = [name for name in PARTS if name.startswith("airflow-")]
_FORMS = {"without Airflow": (CHAIN, 5000), "with Airflow": ([*CHAIN, *_AIRFLOW], 8000)}


def measure(settings: Settings, scale: float, runs: int) -> list[Row]:
    """Return a row a form; `runs` does not matter: a peak is one already."""
    rows = []
    for form, (parts, most_mb) in _FORMS.items():
        found = passed(settings, _RATE, max(10.0, _SECONDS * scale), parts)
        row = found.row("memory", f"{most_mb} MB", found.used.peak_mb <= most_mb)
        rows.append({"name": row.pop("name"), "form": form, **row})
    return rows
