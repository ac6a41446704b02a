"""A publication keeps the report of its days once; on demand a day is kept as it is; what is too old goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobs.batch.snapshots import store_now, store_published
from jobs.report import make_report
from shoplog.errors import UserError
from shoplog.io.leases import table_leases
from shoplog.io.query import run_sql
from shoplog.report.question import Question, Span
from shoplog.settings import Settings
from tests.report.warehouse import DAY, Warehouse, days_after, noon, request

pytestmark = pytest.mark.spark
NIGHT = datetime.now(UTC).replace(microsecond=0) - timedelta(days=2)
BEFORE = days_after(-1)
KEPT = "select day, published_at, cause, day_status from report_snapshot group by all order by published_at, day"


def test_reports_are_kept_as_they_are_published(spark: Any, settings: Settings) -> None:
    shop = Warehouse(settings)
    for day in (BEFORE, DAY):
        shop.recompute([request("/a", event_time=noon(day))] * 3, day)
        shop.nightly("silver_request", [{"rules_version": 2, "path": "/a"}], day)
    shop.publish(NIGHT, BEFORE)
    assert store_published(spark, settings, [BEFORE], "import") == 1
    shop.publish(NIGHT + timedelta(hours=1), BEFORE)
    shop.publish(NIGHT + timedelta(hours=1), DAY)
    # The day before is published anew with the day: its sessions are whole now.
    assert store_published(spark, settings, [DAY], "nightly") == 2
    assert store_published(spark, settings, [DAY], "nightly") == 0, "kept already"
    first, second = NIGHT, NIGHT + timedelta(hours=1)
    published = [
        (BEFORE, first, "import", "final"), (BEFORE, second, "nightly", "final"), (DAY, second, "nightly", "final"),
    ]  # fmt: skip
    assert run_sql(settings, KEPT)[1] == published
    versions = "select distinct table_versions['gold_traffic_1m'], rules_versions from report_snapshot"
    assert run_sql(settings, f"{versions} where day = '{DAY}'")[1] == [(1, [2])]

    shop.stream([request(event_time=noon(days_after(1)))] * 2)
    with (
        table_leases(settings, ("published_day",), "publish"),
        pytest.raises(UserError, match="published_day is being"),
    ):
        store_now(spark, settings, days_after(1), (), "hourly")
    store_now(spark, settings, days_after(1), ("shop",), "hourly")
    *_, (day, moment, cause, status) = run_sql(settings, KEPT)[1]
    assert (day, cause, status) == (days_after(1), "hourly", "provisional")
    (site,) = make_report(settings, Question(Span(DAY, DAY), as_of=moment)).sites
    assert site.snapshot is not None
    assert (site.snapshot.published_at, site.days[0].requests) == (second, 3)

    short = settings.model_copy(update={"report_kept_days": 1})
    store_now(spark, short, DAY, (), "on demand")
    assert [(row[0], row[2]) for row in run_sql(settings, KEPT)[1]] == [(days_after(1), "hourly"), (DAY, "on demand")]
