"""`make proof`: every defect found, fifty clean days without an alarm, no check without a defect; writes docs/quality.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.quality import measure
from bench.quality_report import write_report

PAGE = Path(__file__).parents[2] / "docs/quality.md"


@pytest.mark.proof
@pytest.mark.timeout(3600)
def test_every_defect_is_found_and_no_clean_day_alarms() -> None:
    rows = measure(50)
    write_report(PAGE, rows)
    assert [row for row in rows if not row["holds"]] == []
