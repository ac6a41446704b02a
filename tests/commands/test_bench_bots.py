from __future__ import annotations

from pathlib import Path

import pytest

from bench.bots import measure

REAL = Path(__file__).parents[3] / "shared/data/access-logs"


def check(logs: Path | None) -> dict[str, dict[str, object]]:
    rows = {str(row["measure"]): row for row in measure(logs)}
    assert all(row["holds"] for row in rows.values()), [row for row in rows.values() if not row["holds"]]
    return rows


def test_held_out_bots_are_found_and_people_are_not_flagged() -> None:
    rows = check(None)
    held_out = rows["agents of held-out operators found"]
    assert held_out["of"] > 500  # type: ignore[operator]
    assert held_out["ours"] > held_out["ua-parser"] > held_out["crawler-user-agents"]  # type: ignore[operator]
    assert rows["agents of people flagged"]["of"] > 50  # type: ignore[operator]
    assert rows["generated scripts with a browser's agent found"]["of"] >= 5  # type: ignore[operator]


@pytest.mark.skipif(not REAL.is_dir(), reason="the real logs beside the checkout are not here")
def test_the_targets_hold_on_real_logs() -> None:
    rows = check(REAL)
    assert rows["requests of scanner-acunetix.log found"]["of"] == 6539
    assert rows["agents of people flagged"]["of"] > 200  # type: ignore[operator]
