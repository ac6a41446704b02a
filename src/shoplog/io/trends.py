"""How the suites went on the last days, read from `quality_result` without Spark."""

from __future__ import annotations

from datetime import date
from typing import Any

from shoplog.contracts.proof import QUALITY_RESULT
from shoplog.contracts.quality import SEVERITIES
from shoplog.io.duck import dataset, open_connection
from shoplog.settings import Settings

TREND_DAYS = 30


def quality_trend(settings: Settings, until: date) -> list[dict[str, Any]]:
    """Return day, suite, checks, passed, pass_ratio and failures by severity, by the newest run of each day, newest day first."""
    failures = ", ".join(
        f"count(*) filter (where not success and severity = '{severity}') as {severity}_failures"
        for severity in SEVERITIES
    )
    connection = open_connection()
    connection.register(QUALITY_RESULT.name, dataset(settings, QUALITY_RESULT.name, None))
    cursor = connection.execute(
        f"""with newest as (select * from {QUALITY_RESULT.name}
        where day > $until::date - {TREND_DAYS} and day <= $until::date
        qualify run_id = first_value(run_id) over (partition by day order by run_time desc, run_id))
        select day, suite, count(*) as checks, count(*) filter (where success) as passed,
        round(passed / checks, 4) as pass_ratio, {failures} from newest group by day, suite order by day desc, suite""",
        {"until": until},
    )
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
