"""Every figure of every family, live and recomputed, against what the generator knows: three shops, bots, campaigns, orders."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from jobs.batch.bronze import bronze_versions, lines_once, read_bronze
from jobs.partials import accepted_partials
from shoplog.contracts import sessions as c
from shoplog.contracts.families import FAMILIES
from shoplog.contracts.model import Family
from shoplog.io.logfile import read_lines
from shoplog.settings import Settings
from shoplog.transforms.attribution import attribution
from shoplog.transforms.bots import suspicious_visitors
from shoplog.transforms.funnels import funnels
from shoplog.transforms.measure import measured
from shoplog.transforms.merge import merged
from shoplog.transforms.sessions import session_balance, sessions
from tests.proof.compare import compare, compare_rows, figure_names
from tests.proof.shops import SHOPS, days, write_shops
from tests.streaming.records import Batches, value

pytestmark = [pytest.mark.spark, pytest.mark.timeout(900)]
LINES, HOURS = 30_000, 6
SESSION_COLUMNS = [column.name for column in c.SESSION if column.name not in ("session_id", "visitor_id")]


def frame(rows: Any) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(rows.toArrow()))


class Proof:
    """The shops' lines, live in two batches and recomputed from the same bronze rows, with the truth beside them."""

    def __init__(self, spark: Any, home: Path) -> None:
        now = datetime.now(UTC)
        self.days = days(now)
        settings = Settings(home=home, host="web1", sites_dir=home / "site-files")
        self.truth = write_shops(home, settings.sites_dir, LINES, HOURS, now)
        self.batches = Batches(spark, settings)
        self.batches.ingest_time = now
        first: dict[int, list[bytes]] = {0: [], 1: []}
        second: dict[int, list[bytes]] = {0: [], 1: []}
        for shop in SHOPS:
            for path in sorted((home / "sites" / shop.name / "logs").glob("*.log")):
                (lines,) = read_lines(path, shop.name, "web1", now)
                rows = lines.select("raw", "byte_offset", "line_bytes").iter_rows()
                sent = [value(raw, at, path.name, shop.name, size) for raw, at, size in rows]
                first[len(path.name + shop.name) % 2] += sent[: len(sent) // 2]
                # Sent again, as after a kill: counted once.
                second[len(path.name + shop.name) % 2] += sent[max(0, len(sent) // 2 - 5) :]
        self.batches.send(first)
        self.batches.send(second)
        self.live = self.batches.gold().persist()
        once = lines_once(read_bronze(spark, settings, bronze_versions(spark, settings)), settings)
        self.silver = once.where("reason is null").persist()
        self.recomputed = accepted_partials(self.silver).persist()


@pytest.fixture(scope="module", autouse=True)
def interpreted(spark: Any) -> Iterator[None]:
    """Spark compiles each plan for seconds, and runs it on a few thousand rows."""
    spark.conf.set("spark.sql.codegen.wholeStage", "false")
    spark.conf.set("spark.sql.codegen.factoryMode", "NO_CODEGEN")
    yield
    spark.conf.unset("spark.sql.codegen.wholeStage")
    spark.conf.unset("spark.sql.codegen.factoryMode")


@pytest.fixture(scope="module")
def proof(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Proof:
    return Proof(spark, tmp_path_factory.mktemp("proof"))


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_figure_is_the_truth_in_both_layers(proof: Proof, family: Family) -> None:
    assert family.name in proof.truth.answers, "the generator knows no answer of this family"
    truth = proof.truth.answers[family.name]
    live, batch = (frame(merged(rows, family).drop("visitors_sketch")) for rows in (proof.live, proof.recomputed))
    keys = ["site", "window_start", *family.dimensions]
    # Between the layers even the estimates are equal.
    assert_frame_equal(live.sort(keys), batch.sort(keys))
    for layer, rows in (("live", live), ("batch", batch)):
        found = compare(family, rows, truth)
        assert not found.wrong, (layer, len(found.wrong), found.wrong[:5])
        assert found.figures == len(truth) * len(figure_names(family)) > 0
    for name in figure_names(family):
        shown = truth[name].explode() if truth[name].dtype == pl.List else truth[name]
        assert any(figure not in (0, None) for figure in shown), f"no line shows {name}"


def test_every_line_is_accepted_or_refused_for_its_reason(proof: Proof) -> None:
    bronze = frame(proof.batches.bronze().where("fate != 'duplicate'").groupBy("reason").count())
    found = dict(bronze.select(pl.col("reason").fill_null("accepted"), "count").iter_rows())
    assert found == {**proof.truth.quarantined, "accepted": proof.truth.accepted}
    assert sum(found.values()) == proof.truth.lines


def test_a_comparison_finds_what_is_wrong(proof: Proof) -> None:
    for family in FAMILIES:
        truth = proof.truth.answers[family.name]
        exact = next(name for name in figure_names(family) if truth[name].dtype == pl.Int64)
        altered = truth.with_row_index("n").with_columns(
            pl.when(pl.col("n") == len(truth) // 2).then(pl.col(exact) + 1).otherwise(exact).alias(exact)
        )
        assert len(compare(family, truth, altered).wrong) == 1
        assert len(compare(family, truth, truth[1:]).wrong) == 1
        assert len(compare(family, truth[:-1], truth).wrong) == 1
        assert not compare(family, truth, truth.sample(fraction=1, shuffle=True, seed=1)).wrong


def test_an_estimate_far_from_the_truth_is_found(proof: Proof) -> None:
    traffic = FAMILIES[0]
    truth = proof.truth.answers[traffic.name]
    off = truth.with_columns(pl.col("visitors") + 3)
    assert compare(traffic, off, truth).wrong


@pytest.fixture(scope="module")
def of_sessions(spark: Any, proof: Proof) -> dict[str, pl.DataFrame]:
    """Sessions, balance, funnel and attribution of all days as the product makes them from silver."""
    silver = proof.silver
    made: dict[str, list[pl.DataFrame]] = {"silver_session": [], "request_balance": [], "funnel": [], "attribution": []}
    asked = frame(silver.select("site", "visitor_id", "event_time", "event_date", "url", "path", "status", "referrer"))
    hidden = [suspicious_visitors(of_day).select("site", "visitor_id") for of_day in asked.partition_by("event_date")]
    disguised = spark.createDataFrame(pl.concat(hidden).rows(), "site string, visitor_id string").persist()
    for day in proof.days:
        of_day = sessions(silver, day, disguised).persist()
        for name, rows in (
            ("silver_session", of_day), ("request_balance", session_balance(silver, day, disguised)),
            ("funnel", funnels(of_day)), ("attribution", attribution(of_day)),
        ):  # fmt: skip
            made[name].append(frame(rows))
        of_day.unpersist()
    return {name: pl.concat(parts) for name, parts in made.items()}


def test_every_session_is_the_truth(proof: Proof, of_sessions: dict[str, pl.DataFrame]) -> None:
    truth = proof.truth.answers["silver_session"]
    found = compare_rows("silver_session", of_sessions["silver_session"], truth, SESSION_COLUMNS)
    assert not found.wrong, (len(found.wrong), found.wrong[:4])
    assert truth["orders"].sum() > 50
    assert truth["carts_emptied"].sum() > 10
    assert (truth["session_end"].dt.date() > truth["event_date"]).any(), "no session crosses a midnight"


@pytest.mark.parametrize("name", ["request_balance", "funnel", "attribution"])
def test_what_is_made_of_sessions_is_the_truth(proof: Proof, of_sessions: dict[str, pl.DataFrame], name: str) -> None:
    truth = proof.truth.answers[name]
    found = compare_rows(name, of_sessions[name], truth, truth.columns)
    assert not found.wrong, (len(found.wrong), found.wrong[:4])
    assert found.figures > 0


def test_session_figures_per_hour_are_the_truth(proof: Proof, of_sessions: dict[str, pl.DataFrame]) -> None:
    found = compare(c.SESSIONS, measured(of_sessions["silver_session"], (c.SESSIONS,)), proof.truth.answers["sessions"])
    assert not found.wrong, (len(found.wrong), found.wrong[:4])
    assert found.figures > 0


def test_distinct_visitors_of_a_day_are_the_truth(proof: Proof) -> None:
    people = proof.silver.where("traffic_type = 'Regular' and visitor_id is not null")
    found = frame(people.select("site", "event_date", "visitor_id").distinct().groupBy("site", "event_date").count())
    truth = proof.truth.answers["visitors_by_day"].filter(pl.col("visitors") > 0)
    assert sorted(found.rows()) == sorted((site, at.date(), count) for site, at, count in truth.iter_rows())
    assert len(found) == 3
