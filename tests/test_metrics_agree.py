"""Every figure of every family and table, live and recomputed, against what the generator knows: three shops, without the stack."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from jobs.batch.recompute import recompute
from shoplog.contracts.families import FAMILIES, LIVE_FAMILIES
from shoplog.contracts.ledger_family import LEDGER
from shoplog.contracts.model import Family, Table
from shoplog.contracts.session_figures import SESSIONS
from shoplog.contracts.visitor_minutes import VISITOR_MINUTES
from shoplog.contracts.visits import GOLD_SESSIONS, VISIT_TABLES
from shoplog.io.logfile import read_lines
from shoplog.settings import Settings
from tests.proof.compare import compare, compare_minutes, compare_table, figure_names
from tests.proof.shops import SHOPS, days, plan_shops, write_lines
from tests.spark_figures import merged
from tests.streaming.records import Batches, value

pytestmark = [pytest.mark.spark, pytest.mark.timeout(900)]
LINES, HOURS = 30_000, 6


def frame(rows: Any) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(rows.toArrow()))


class Proof:
    """The shops' lines, live in two batches and recomputed from the same bronze rows, with the truth beside them."""

    def __init__(self, spark: Any, home: Path) -> None:
        now = datetime.now(UTC)
        settings = Settings(home=home, host="web1", sites_dir=home / "site-files")
        self.truth = write_lines(plan_shops(home, settings.sites_dir, LINES, HOURS, now))
        self.batches = Batches(spark, settings)
        self.batches.ingest_time = now
        first: dict[int, list[bytes]] = {0: [], 1: []}
        second: dict[int, list[bytes]] = {0: [], 1: []}
        for partition, shop in enumerate(SHOPS):
            for path in sorted((home / "sites" / shop.name / "logs").glob("*.log")):
                (lines,) = read_lines(path, shop.name, "web1", now)
                rows = lines.select("raw", "byte_offset", "line_bytes").iter_rows()
                sent = [value(raw, at, path.name, shop.name, size) for raw, at, size in rows]
                first[partition % 2] += sent[: len(sent) // 2]
                # Sent again, as after a kill: counted once.
                second[partition % 2] += sent[max(0, len(sent) // 2 - 5) :]
        self.batches.send(first)
        self.batches.send(second)
        self.live = self.batches.gold().persist()
        recompute(spark, settings, days(now), missing_ok=True)
        self.spark, self.warehouse = spark, settings.warehouse

    def table(self, name: str) -> pl.DataFrame:
        rows = frame(self.spark.read.format("delta").load(str(self.warehouse / name)))
        return rows.drop("visitors_sketch", strict=False)


@pytest.fixture(scope="module")
def proof(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Proof:
    return Proof(spark, tmp_path_factory.mktemp("proof"))


def shows(truth: pl.DataFrame, name: str) -> bool:
    """Return whether any row has something other than nothing."""
    figures = truth[name].explode() if truth[name].dtype == pl.List else truth[name]
    return any(figure not in (0, None) for figure in figures)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_figure_is_the_truth_in_both_layers(proof: Proof, family: Family) -> None:
    assert family.name in proof.truth.answers, "the generator knows no answer of this family"
    truth = proof.truth.answers[family.name]
    live, batch = frame(merged(proof.live, family).drop("visitors_sketch")), proof.table(family.table)
    # Between the layers even the estimates are equal.
    keys = ["site", "window_start", *family.dimensions]
    assert_frame_equal(live.sort(keys), batch.select(live.columns).sort(keys))
    for layer, rows in (("live", live), ("batch", batch)):
        found = compare(family, rows, truth)
        assert not found.wrong, (layer, len(found.wrong), found.wrong[:5])
        assert found.figures == len(truth) * len(figure_names(family)) > 0
    for name in figure_names(family):
        assert shows(truth, name), f"no line shows {name}"


def test_what_each_visitor_did_in_each_minute_is_the_truth(proof: Proof) -> None:
    truth = proof.truth.answers[VISITOR_MINUTES.name]
    found = compare_minutes(frame(merged(proof.live, VISITOR_MINUTES)), truth)
    assert not found.wrong, (len(found.wrong), found.wrong[:3])
    assert found.figures > 0
    assert all(shows(truth, metric.name) for metric in VISITOR_MINUTES.metrics if metric.name != "login_attempts")


def test_no_family_is_without_truth() -> None:
    """The ledger's family is compared line by line with the files, by the ledger."""
    assert {*LIVE_FAMILIES} == {*FAMILIES, VISITOR_MINUTES, LEDGER}


@pytest.mark.parametrize("table", VISIT_TABLES, ids=lambda table: table.name)
def test_every_session_funnel_and_visitor_is_the_truth(proof: Proof, table: Table) -> None:
    assert table.name in proof.truth.answers, "the generator knows no answer of this table"
    truth = proof.truth.answers[table.name]
    if table is GOLD_SESSIONS:
        found = compare(SESSIONS, proof.table(table.name), truth)
    else:
        found = compare_table(table, proof.table(table.name), truth)
    assert not found.wrong, (len(found.wrong), found.wrong[:3])
    assert found.figures > 0


def test_the_sessions_are_of_all_kinds(proof: Proof) -> None:
    truth = proof.truth.answers["silver_session"]
    assert (truth["session_end"].dt.date() > truth["event_date"]).any(), "no session crosses a midnight"
    for name in (
        "orders",
        "orders_without_value",
        "carts_emptied",
        "carts_abandoned",
        "is_bounce",
        "checkout_succeeded",
    ):
        assert shows(truth, name), name
    assert truth["touches"].list.len().max() > 1
    assert "Internal" in proof.truth.answers["bots"]["traffic_type"], "nobody of a shop's own came"
    balance = proof.truth.answers["gold_request_balance_1d"]
    assert not (balance.select(pl.exclude("site", "event_date").sum()).to_series() == 0).any()


def test_every_line_is_accepted_or_refused_for_its_reason(proof: Proof) -> None:
    bronze = frame(proof.batches.bronze().where("fate != 'duplicate'").groupBy("reason").count())
    found = dict(bronze.select(pl.col("reason").fill_null("accepted"), "count").iter_rows())
    assert found == {**proof.truth.quarantined, "accepted": proof.truth.accepted}
    assert sum(found.values()) == proof.truth.lines == LINES


def test_a_comparison_finds_what_is_wrong(proof: Proof) -> None:
    for family in (*FAMILIES, SESSIONS):
        truth = proof.truth.answers.get(family.name, proof.truth.answers["gold_sessions_1h"])
        exact = next(name for name in figure_names(family) if truth[name].dtype == pl.Int64)
        altered = truth.with_row_index("n").with_columns(
            pl.when(pl.col("n") == len(truth) // 2).then(pl.col(exact) + 1).otherwise(exact).alias(exact)
        )
        assert len(compare(family, truth, altered).wrong) == 1
        assert len(compare(family, truth, truth[1:]).wrong) == 1
        assert len(compare(family, truth[:-1], truth).wrong) == 1
        assert not compare(family, truth, truth.sample(fraction=1, shuffle=True, seed=1)).wrong
    for table in VISIT_TABLES:
        if table is not GOLD_SESSIONS:
            truth = proof.truth.answers[table.name]
            assert compare_table(table, truth, truth[1:]).wrong
            assert compare_table(table, truth[:-1], truth).wrong


def test_an_estimate_far_from_the_truth_is_found(proof: Proof) -> None:
    traffic = FAMILIES[0]
    truth = proof.truth.answers[traffic.name]
    assert compare(traffic, truth.with_columns(pl.col("visitors") + 3), truth).wrong


def test_a_figure_that_the_generator_does_not_know_is_an_error(proof: Proof) -> None:
    truth = proof.truth.answers["traffic"]
    with pytest.raises(AssertionError, match="says nothing of page_views"):
        compare(FAMILIES[0], truth, truth.drop("page_views"))
