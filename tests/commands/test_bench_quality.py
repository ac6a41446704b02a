from __future__ import annotations

from pathlib import Path

import pytest

from bench.quality import measure
from bench.quality_defects import DEFECTS
from bench.quality_report import described, measured

PAGE = Path(__file__).parents[2] / "docs/quality.md"


@pytest.fixture(scope="module")
def rows() -> list[dict[str, object]]:
    return measure(1, short=True)


def test_every_class_of_defect_is_caught_and_a_clean_day_is_silent(rows: list[dict[str, object]]) -> None:
    assert len(rows) == len(DEFECTS) + 1
    assert [row for row in rows if not row["holds"]] == []


def test_the_table_names_each_defect_with_what_caught_it(rows: list[dict[str, object]]) -> None:
    text = measured(rows)
    assert "| loss | a line is lost on the way | 1 line | 1 | 1 | certificate `verdict`, ledger `missing_bytes`" in text
    assert f"{len(DEFECTS)} of {len(DEFECTS)} defects caught." in text
    assert "in 1 clean days of two shops: 0." in text


def test_the_page_describes_the_suites_as_they_are() -> None:
    page = PAGE.read_text()
    assert described() in page
    for defect in DEFECTS:
        assert f"| {defect.kind} | {defect.name} | {defect.size} |" in page, (
            "run 'make proof' to write docs/quality.md anew"
        )
