"""The tables as other readers see them: DuckDB, deltalake, polars and Spark agree, and nothing needs a newer reader."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from deltalake import DeltaTable, QueryBuilder

from jobs.batch.publish import publish
from jobs.batch.recompute import recompute
from jobs.streaming import fold
from shoplog.contracts.families import FAMILIES
from shoplog.contracts.tables import GOLD_ANOMALY, TABLES
from shoplog.contracts.visits import SILVER_LOGIN, VISIT_TABLES
from shoplog.io.arrow import arrow_schema
from shoplog.io.query import run_sql
from shoplog.io.sinks import create_table
from shoplog.io.spark_views import SparkViews
from shoplog.io.views import connect
from shoplog.settings import REPOSITORY, Settings
from tests.streaming.records import YESTERDAY, Batches, line, value

pytestmark = pytest.mark.spark

BY_STATUS = (
    "select status, count(*) n, min(event_time) first_time, count(distinct visitor_id) visitors from {} group by 1"
)
ELEVEN = datetime(YESTERDAY.year, YESTERDAY.month, YESTERDAY.day, 11, tzinfo=UTC)
EXPECTED = [(200, 7, ELEVEN, 3), (404, 3, ELEVEN.replace(second=1), 1), (500, 2, ELEVEN.replace(second=2), 1)]
VIEWS = {
    "silver_request_live", "quarantine_access_log_live", "published_newest",
    *(f"{family.table}_{kind}" for family in FAMILIES for kind in ("live", "pinned", "now")),
    *(f"{table.name}_{kind}" for table in (*VISIT_TABLES, SILVER_LOGIN, GOLD_ANOMALY) for kind in ("pinned", "now")),
    "gold_retention_1d_now",
}  # fmt: skip
# The lines below are page views: no shop events, orders or searches.
WITHOUT_ROWS = {"events", "products", "orders", "searches"}
VISITS_WITHOUT_ROWS = {
    "gold_attribution_1d",
    "gold_disguised_1d",
    "gold_anomaly",
    "silver_login_1d",
    "gold_retention_1d",
}
WITH_ROWS = [family for family in FAMILIES if family.name not in WITHOUT_ROWS]


@pytest.fixture(scope="module")
def shop(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A day that was streamed in three batches, folded, compacted, recomputed and published; every table exists."""
    settings = Settings(home=tmp_path_factory.mktemp("readers") / "home", host="web1")
    batches = Batches(spark, settings)
    statuses = (200, 404, 500) * 2 + (200, 404, 200, 200, 200, 200)
    bodies = [line(f"203.0.113.{i % 3}", i, "/ü?q=1" if i % 2 else "/a", status) for i, status in enumerate(statuses)]
    sent = [value(body, i * 500) for i, body in enumerate(bodies)] + [value(b"nonsense", 90_000)]
    for part in (sent[:5], sent[5:9], [*sent[9:], sent[0]]):
        batches.send({0: part})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fold, "PARTIAL_TIERS", ((4 << 20, 2),))
        patch.setattr(fold, "BRONZE_TIERS", ((4 << 20, 2),))
        assert fold.fold_partials(batches.tables, DeltaTable(str(batches.tables.gold)))
        assert fold.compact_bronze(batches.tables, DeltaTable(str(batches.tables.bronze)))
    assert all(len(DeltaTable(path(settings, t)).file_uris()) == 1 for t in ("bronze_access_log", "gold_partial_live"))
    recompute(spark, settings, [YESTERDAY])
    publish(spark, settings, [YESTERDAY], despite="a test")
    for table in TABLES:
        create_table(settings, table)
    yield settings


@pytest.fixture(scope="module")
def spark_names(shop: Settings, spark: Any) -> Iterator[Any]:
    """The session, in which every table and view has its name."""
    views = SparkViews(spark, shop)
    yield spark
    views.close()


def path(settings: Settings, table: str) -> str:
    return str(settings.warehouse / table)


def test_each_reader_gives_the_same_rows(shop: Settings, spark: Any) -> None:
    table = path(shop, "silver_request")
    frame = pl.scan_delta(table).group_by("status").agg(
        pl.len().alias("n"), pl.col("event_time").min(), pl.col("visitor_id").drop_nulls().n_unique()
    )  # fmt: skip
    dataset = pl.DataFrame(pl.from_arrow(DeltaTable(table).to_pyarrow_dataset().to_table()))
    datafusion = QueryBuilder().register("silver", DeltaTable(table)).execute(BY_STATUS.format("silver")).read_all()
    spark_rows = spark.sql(BY_STATUS.format(f"delta.`{table}`")).toPandas().itertuples(index=False, name=None)
    answers = {
        "duckdb": run_sql(shop, BY_STATUS.format("silver_request"))[1],
        "polars": frame.collect().rows(),
        "deltalake dataset": pl.SQLContext(t=dataset).execute(BY_STATUS.format("t"), eager=True).rows(),
        "deltalake datafusion": pl.DataFrame(pa.table(datafusion)).rows(),
        "spark": [(status, n, at.tz_localize("UTC"), visitors) for status, n, at, visitors in spark_rows],
    }
    for reader, rows in answers.items():
        assert sorted(rows) == EXPECTED, reader


def test_a_partitioned_table_reads_alike_as_a_whole(shop: Settings) -> None:
    for name in ("silver_request", "bronze_access_log", *(family.table for family in WITH_ROWS)):
        polars = pl.scan_delta(path(shop, name)).collect()
        deltalake = pl.DataFrame(pl.from_arrow(DeltaTable(path(shop, name)).to_pyarrow_table()))
        order = [column for column, kind in polars.schema.items() if not kind.is_nested()]
        assert polars.height > 0
        assert polars.sort(order).equals(deltalake.select(polars.columns).sort(order)), name


@pytest.mark.parametrize("name", TABLES)
def test_every_table_opens_with_the_oldest_reader(shop: Settings, name: str) -> None:
    table = DeltaTable(path(shop, name))
    protocol = table.protocol()
    assert protocol.min_reader_version == 1
    assert not protocol.reader_features
    properties = table.metadata().configuration
    assert properties.get("delta.enableDeletionVectors", "false") == "false"
    assert properties.get("delta.columnMapping.mode", "none") == "none"
    assert [field.name for field in table.schema().fields] == list(TABLES[name].column_names)
    assert pl.scan_delta(path(shop, name)).collect_schema().names() == list(TABLES[name].column_names)
    pandas = table.to_pandas()
    assert list(pandas.columns) == list(TABLES[name].column_names)
    heights = {
        pl.scan_delta(path(shop, name)).collect().height,
        table.to_pyarrow_dataset().count_rows(),
        len(pandas),
        run_sql(shop, f"select count(*) from {name}")[1][0][0],
    }
    assert len(heights) == 1
    kinds = {field.name: field.type for field in table.to_pyarrow_dataset().schema}
    assert kinds == {field.name: field.type for field in arrow_schema(TABLES[name])}


def test_every_name_works_in_duckdb(shop: Settings) -> None:
    names = {name for (name,) in run_sql(shop, "select view_name from duckdb_views() where not internal")[1]}
    assert names >= {*TABLES, *VIEWS}
    # By one question: each has every view made anew.
    counts = dict(run_sql(shop, " union all ".join(f"select '{name}', count(*) from {name}" for name in names))[1])
    never_written = {
        "bronze_import_log",
        "ledger_census_import",
        "ledger_census_live",
        "ledger_file",
        "ledger_gone_line",
        "ledger_window",
        "gold_parity",
        "certificate",
        "quality_measure",
        "quality_result",
        # Nothing is out of the ordinary among so few lines.
        "gold_anomaly",
        "gold_anomaly_live",
        "gold_anomaly_now",
    }
    empty = {family.table for family in FAMILIES if family.name in WITHOUT_ROWS} | VISITS_WITHOUT_ROWS
    views = {
        name
        for name in names
        if name.removesuffix("_v1").rsplit("_", 1)[0] in empty or name.removesuffix("_v1") in empty
    }
    assert {name for name, count in counts.items() if count == 0} == never_written | views
    assert counts["silver_request_live"] == counts["silver_request"] == 12
    assert counts["quarantine_access_log_live"] == counts["quarantine_access_log"] == 1
    assert counts["bronze_access_log"] == 14


def test_every_name_works_in_spark_as_in_duckdb(shop: Settings, spark_names: Any) -> None:
    names = sorted(row.tableName for row in spark_names.sql("show tables").collect())
    assert set(names) == {*TABLES, *VIEWS}
    duckdb = connect(shop)
    for name in names:
        described = [row[0] for row in duckdb.execute(f"describe {name}").fetchall()]
        assert spark_names.table(name).columns == described, name
    counts = " union all ".join(f"select '{name}' as name, count(*) as n from {name}" for name in TABLES)
    assert {row.name: row.n for row in spark_names.sql(counts).collect()} == dict(run_sql(shop, counts)[1])


@pytest.mark.parametrize("family", WITH_ROWS, ids=lambda family: family.name)
def test_spark_and_duckdb_give_the_same_figures(shop: Settings, spark_names: Any, family: Any) -> None:
    figures = [m.figure_name or m.name for m in family.metrics]
    for kind in ("live", "now"):
        query = f"select {', '.join(('site', *family.dimensions, *figures))} from {family.table}_{kind} order by all"
        rows = run_sql(shop, query)[1]
        assert rows
        assert [tuple(row) for row in spark_names.sql(query).collect()] == rows


@pytest.mark.parametrize("family", WITH_ROWS, ids=lambda family: family.name)
def test_live_pinned_and_now_give_the_same_figures(shop: Settings, family: Any) -> None:
    figures = [m.figure_name or m.name for m in family.metrics if m.type == "bigint" or m.figure]
    columns = ", ".join(("window_start", *family.dimensions, *figures))
    answers = {
        name: run_sql(shop, f"select {columns} from {name} order by all")[1]
        for name in (family.table, *(f"{family.table}_{kind}" for kind in ("live", "pinned", "now")))
    }
    assert answers[family.table]
    assert len(set(map(str, answers.values()))) == 1
    assert run_sql(shop, f"select distinct status from {family.table}_now")[1] == [("final",)]


def test_a_query_that_ends_early_ends_cleanly(shop: Settings) -> None:
    """Threads that were still reading made the process hang or crash at its exit, about every second time."""
    query = "select * from (select path from silver_request union all select path from bronze_access_log) limit 1"
    command = [sys.executable, "-m", "shoplog.cli", "sql", query, "--format", "json"]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{REPOSITORY / 'src'}:{REPOSITORY}",
        "SHOPLOG_HOME": str(shop.home),
    }
    for _ in range(6):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, len(done.stdout.splitlines())) == (0, 1), done.stderr
