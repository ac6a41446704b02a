"""How the suites went on the last days, read from `quality_result` without Spark."""

from __future__ import annotations

from datetime import date

from shoplog.contracts.proof import QUALITY_RESULT
from shoplog.contracts.quality import SEVERITIES
from shoplog.io.duck import Row, open_tables, rows_of
from shoplog.settings import Settings

TREND_DAYS = 30


def quality_trend(settings: Settings, until: date) -> list[Row]:
    """Return day, suite, checks, passed, pass_ratio and failures by severity, by the newest run of each day, newest day first."""
    failures = ", ".join(
        f"count(*) filter (where not success and severity = '{severity}') as {severity}_failures"
        for severity in SEVERITIES
    )
    found = open_tables(settings, QUALITY_RESULT).execute(
        f"""with newest as (select * from {QUALITY_RESULT.name}
        where day > $until::date - {TREND_DAYS} and day <= $until::date
        qualify run_id = first_value(run_id) over (partition by day order by run_time desc, run_id))
        select day, suite, count(*) as checks, count(*) filter (where success) as passed,
        round(passed / checks, 4) as pass_ratio, {failures} from newest group by day, suite order by day desc, suite""",
        {"until": until},
    )
    return rows_of(found)
