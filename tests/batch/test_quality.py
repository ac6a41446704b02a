from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from expectations import alerts
from jobs.batch.quality import check_day
from shoplog.io.query import run_sql
from shoplog.io.trends import quality_trend
from shoplog.settings import Settings
from tests.batch.bronze_rows import Bronze, at, line

pytestmark = pytest.mark.spark
D20 = date(2026, 11, 20)


def test_a_day_of_which_nothing_was_made_fails_keeps_its_outcomes_and_says_whom_it_could_not_tell(
    spark: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    bronze = Bronze(settings)
    for day in (18, 19, 20):
        bronze.stream([(100 * n, line(at(day, 12, n))) for n in range(30)], at(day, 12, 30), file=f"{day}.log")

    def refuse(url: str, message: dict[str, Any]) -> None:
        raise TimeoutError(url)

    monkeypatch.setattr(alerts, "_post", refuse)
    told = Settings(home=settings.home, host="web1", alert_webhook_url="http://127.0.0.1/token")
    result = check_day(spark, told, D20)
    assert result["alerts_failed"] == ["webhook: TimeoutError"]
    assert result["critical_failures"] > 5
    assert result["info_failures"] == 1, "three days do not say what is usual"
    assert result["warning_failures"] == 0
    measured = run_sql(
        settings, "select day::varchar, measured from quality_measure where measure = 'requests' order by 1"
    )[1]
    assert measured == [("2026-11-18", 30.0), ("2026-11-19", 30.0), ("2026-11-20", 30.0)]
    [ledger] = [row for row in quality_trend(settings, D20) if row["suite"] == "ledger"]
    assert (ledger["passed"] < ledger["checks"], ledger["critical_failures"]) == (True, 1)
