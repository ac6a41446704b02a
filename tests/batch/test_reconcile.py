"""Live against batch: sessions differ by their definition only, and a live figure that is wrong by one is found."""

from __future__ import annotations

from typing import Any

import pytest
from deltalake import DeltaTable

from jobs.batch.recompute import recompute
from jobs.batch.reconcile import reconcile
from shoplog.io.query import run_sql
from shoplog.settings import Settings
from tests.streaming.records import YESTERDAY, Batches, line, value

pytestmark = pytest.mark.spark
PROBES = ("/.env", "/.git/config", "/wp-login.php", "/backup.sql")
PARITY = "select live, batch, explained_by, unexplained from gold_parity where family = 'sessions'"


def test_sessions_are_compared_and_a_wrong_live_count_is_unexplained(spark: Any, settings: Settings) -> None:
    batches = Batches(spark, settings)
    people = [line(f"203.0.113.{n}", n) for n in range(5)]
    scanner = [line("203.0.113.99", n, path, 404) for n, path in enumerate(PROBES)]
    batches.send({0: [value(body, n * 500) for n, body in enumerate([*people, *scanner])]})
    recompute(spark, settings, [YESTERDAY])
    totals = reconcile(spark, settings, YESTERDAY)
    assert (totals["differing"], totals["unexplained"]) == (0, 0)
    assert totals["figures"] > 50
    # The scanner's pages failed: it is no session live either. Its day shows it to be disguised.
    assert run_sql(settings, PARITY)[1] == [(5, 5, None, 0)]

    partials = DeltaTable(str(settings.warehouse / "gold_partial_live"))
    gone = "family = 'visitor_minutes' and visitor_pages = 1"
    chosen = f"select visitor_id from gold_partial_live where {gone} limit 1"
    ((visitor,),) = run_sql(settings, chosen)[1]
    partials.delete(f"{gone} and visitor_id = '{visitor}'")
    totals = reconcile(spark, settings, YESTERDAY)
    assert (totals["differing"], totals["unexplained"]) == (0, 1)
    assert run_sql(settings, PARITY)[1] == [(4, 5, "whole minutes, disguised visitors and midnight", -1)]
