"""Both layers at one bronze version: what comes in later is late, makes the day dirty, and is in the next recompute."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from jobs.batch.certify import certify
from jobs.batch.close_ledger import close_ledger
from jobs.batch.publish import publish
from jobs.batch.recompute import recompute
from jobs.batch.reconcile import reconcile
from shoplog.errors import UserError
from shoplog.io.query import run_sql
from shoplog.ledger.due import dirty_days, due_days
from shoplog.ledger.file_account import FileRow
from shoplog.settings import REPOSITORY, Settings
from tests.streaming.records import YESTERDAY, Batches, line, value

pytestmark = pytest.mark.spark
FILE = "access-20261120-11.log"
KEY = ("shop", "web1", FILE)
LINES = 5


def closed(residue: int = 0, missing_bytes: int = 0, broken_ranges: str = "") -> FileRow:
    counts = {"written": LINES, "read": LINES, "kafka": LINES, "bronze": LINES, "accepted": LINES - residue}
    rest = {"quarantined": 0, "duplicates": 0, "in_flight": 0, "torn": 0, "doubled_bytes": 0}
    broken = {"residue": residue, "missing_bytes": missing_bytes, "broken_ranges": broken_ranges}
    return FileRow("shop", "web1", FILE, **counts, **rest, **broken)


@pytest.fixture(scope="module")
def batches(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Batches:
    """A recomputed day that the tests take further, one after the other."""
    made = Batches(spark, Settings(home=tmp_path_factory.mktemp("certificate") / "home", host="web1"))
    made.send({0: [value(line(f"203.0.113.{n}", n), n * 500) for n in range(LINES)]})
    recompute(spark, made.settings, [YESTERDAY])
    return made


def test_a_late_line_is_on_neither_side_and_makes_the_day_dirty(batches: Batches) -> None:
    spark, settings = batches.session, batches.settings
    late = value(line("203.0.113.77", 30), LINES * 500)
    batches.send({0: [late]})
    # Nothing compared and nothing closed: a side is missing.
    assert certify(spark, settings, YESTERDAY).verdict == "incomplete"
    totals = reconcile(spark, settings, YESTERDAY)
    assert (totals["differing"], totals["unexplained"]) == (0, 0)
    close_ledger(spark, settings, YESTERDAY, {KEY: closed()}, [], {})

    made = certify(spark, settings, YESTERDAY)
    assert (made.verdict, [site.why for site in made.sites]) == ("equal", [()])
    assert (made.sites[0].late_requests, made.sites[0].unexplained_figures) == (1, 0)
    assert made.sites[0].figures == totals["figures"]
    document = json.loads((settings.certificates_dir / f"{YESTERDAY}.json").read_text())
    assert (document["verdict"], document["sites"][0]["late_requests"]) == ("equal", 1)
    assert document["sites"][0]["visitors"]["exact"] == LINES
    assert "equal" in (settings.certificates_dir / f"{YESTERDAY}.html").read_text()
    stored = run_sql(settings, "select site, verdict, late_requests, unexplained_figures from certificate")[1]
    assert stored == [("shop", "equal", 1, 0)]

    assert publish(spark, settings, [YESTERDAY]) == {"published": 1, "left_out": 0}
    shown = "select sum(requests)::bigint, max(status) from gold_traffic_1m_now"
    assert run_sql(settings, shown)[1] == [(LINES, "final_dirty")]
    today = datetime.now(UTC).date()
    assert dirty_days(settings, today) == [("shop", YESTERDAY, 1)]
    assert due_days(settings, today) == [YESTERDAY, today]

    recompute(spark, settings, [YESTERDAY])
    with pytest.raises(UserError, match="No site has an equal certificate"):
        publish(spark, settings, [YESTERDAY])
    assert certify(spark, settings, YESTERDAY).verdict == "incomplete"
    reconcile(spark, settings, YESTERDAY)
    again = certify(spark, settings, YESTERDAY)
    assert (again.sites[0].why, again.sites[0].late_requests) == ((), 0)
    publish(spark, settings, [YESTERDAY])
    assert run_sql(settings, shown)[1] == [(LINES + 1, "final")]
    assert dirty_days(settings, today) == []


def test_a_changed_figure_or_a_hole_is_named_and_nothing_is_published(batches: Batches) -> None:
    spark, settings = batches.session, batches.settings
    gold = DeltaTable(str(settings.warehouse / "gold_traffic_1m"))
    gold.update(updates={"requests": "requests + 1"})
    reconcile(spark, settings, YESTERDAY)
    close_ledger(spark, settings, YESTERDAY, {KEY: closed(1, 80, "500-580 missing")}, [], {})
    made = certify(spark, settings, YESTERDAY)
    assert made.verdict == "different"
    (site,) = made.sites
    assert site.why == (
        "1 figures differ and nothing explains it",
        "1 lines are unaccounted for",
        "80 bytes of files came never or twice",
    )
    assert [(row["metric"], row["unexplained"]) for row in site.worst] == [("requests", -1)]
    assert [(row["file"], row["broken_ranges"]) for row in site.broken_files] == [(FILE, "500-580 missing")]
    with pytest.raises(UserError, match="No site has an equal certificate"):
        publish(spark, settings, [YESTERDAY])
    assert publish(spark, settings, [YESTERDAY], despite="the file is lost") == {"published": 1, "left_out": 0}
    assert run_sql(settings, "select despite from published_newest")[1] == [("the file is lost",)]


def test_new_rules_explain_what_they_change_and_nothing_else(spark: Any, settings: Settings, tmp_path: Path) -> None:
    rules = (REPOSITORY / "sites/shop.toml").read_text()
    (tmp_path / "shop.toml").write_text(rules)
    settings = settings.model_copy(update={"sites_dir": tmp_path})
    made = Batches(spark, settings)
    paths = ("/bought/17", "/", "/bought/18")
    made.send({0: [value(line(f"203.0.113.{n}", n, path), n * 500) for n, path in enumerate(paths)]})
    new_rule = "rules_version = 3\n\n[[rule]]\nevent = 'purchase'\npath = '/bought/(?P<order_id>[0-9]+)'\n"
    (tmp_path / "shop.toml").write_text(f"{rules}\n{new_rule}")
    recompute(spark, settings, [YESTERDAY])
    totals = reconcile(spark, settings, YESTERDAY)
    assert totals["differing"] > 0
    assert totals["unexplained"] == 0
    events = "select live, batch, explained_by from gold_parity where family = 'events' and metric = 'events'"
    assert run_sql(settings, events)[1] == [(0, 2, "read by rules 2, recomputed by 3002")]
    close_ledger(spark, settings, YESTERDAY, {KEY: closed()}, [], {})
    assert certify(spark, settings, YESTERDAY).verdict == "equal"

    # A partial that is gone is no matter of rules.
    partials = DeltaTable(str(settings.warehouse / "gold_partial_live"))
    partials.delete("family = 'statuses'")
    assert reconcile(spark, settings, YESTERDAY)["unexplained"] > 0


def test_a_day_that_was_never_recomputed_cannot_be_compared(batches: Batches) -> None:
    other = YESTERDAY - timedelta(days=3)
    for job in (reconcile, lambda *arguments: publish(*arguments[:2], [other])):
        with pytest.raises(UserError, match="was not recomputed"):
            job(batches.session, batches.settings, other)
