"""Every figure of every family through both engines' paths: micro-batches of the stream, and the recompute of the same rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from jobs.partials import accepted_partials
from shoplog.contracts.families import FAMILIES, TRAFFIC
from shoplog.contracts.model import Family
from shoplog.io.logfile import read_lines
from shoplog.settings import Settings
from shoplog.traffic import TrafficPlan, generate
from shoplog.transforms.merge import merged
from tests.streaming.records import Batches, value

pytestmark = [pytest.mark.spark, pytest.mark.timeout(900)]
LINES = 12_000
NEVER_GENERATED = ("status_1xx", "without_visitor", "cart_removes", "item_purchases")


class Both:
    """The same generated lines, live in several batches and recomputed from bronze."""

    def __init__(self, spark: Any, home: Path) -> None:
        # Yesterday, so that the salts are alive.
        end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=1)
        plan = TrafficPlan(
            "shop",
            home / "logs",
            end - timedelta(hours=3),
            end,
            "combined",
            7,
            LINES,
            None,
            {"malformed": 20, "late": 20},
        )
        self.truth = generate(plan)
        self.batches = Batches(spark, Settings(home=home, host="web1"))
        self.batches.ingest_time = datetime.now(UTC)
        for path in sorted(plan.log_dir.glob("*.log")):
            for lines in read_lines(path, "shop", "web1", datetime.now(UTC)):
                sent = [value(raw, at, path.name) for raw, at in lines.select("raw", "byte_offset").iter_rows()]
                half = len(sent) // 2
                self.batches.send({0: sent[:half]})
                # Sent again, as after a kill: counted once in both layers.
                self.batches.send({0: sent[half - 50 :]})
        accepted = self.batches.bronze().where("fate = 'accepted'")
        self.recomputed = accepted_partials(accepted).persist()
        self.live = self.batches.gold().persist()


@pytest.fixture(scope="module")
def both(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Both:
    return Both(spark, tmp_path_factory.mktemp("agree"))


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_live_and_recomputed_figures_are_equal(both: Both, family: Family) -> None:
    keys = ["site", "window_start", *family.dimensions]
    figures = [m.figure_name or m.name for m in family.metrics if m.type != "binary" or m.figure]
    live, batch = (
        merged(rows, family).select(*keys, *figures).orderBy(keys).collect() for rows in (both.live, both.recomputed)
    )
    assert live == batch
    assert live, "no row of the family: nothing was compared"
    for name in figures:
        assert any(row[name] not in (0, None) for row in live) or name in NEVER_GENERATED, name


def test_the_figures_are_the_truth(both: Both) -> None:
    rows = merged(both.live, TRAFFIC).selectExpr("sum(requests) n", "sum(bytes_sent) b").first()
    assert (rows["n"], rows["b"]) == (both.truth.accepted, both.truth.bytes_sent)
    # The truth counts everybody's events, the family those of people.
    named = both.batches.bronze().where("fate = 'accepted' and event_name is not null").groupBy("event_name").count()
    assert {row["event_name"]: row["count"] for row in named.collect()} == {
        k: n for k, n in both.truth.events.items() if n
    }
    orders = merged(both.live, next(f for f in FAMILIES if f.name == "orders"))
    assert orders.count() == both.truth.orders > 0
    total = orders.selectExpr("sum(order_value) v").first()["v"]
    assert total * 100 == both.truth.revenue_cents
