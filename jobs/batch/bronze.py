"""Every bronze row of a UTC day, from stream and imports, re-read and de-duplicated by identity; `fate` is ignored."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from shoplog.contracts.tables import BRONZE_ACCESS_LOG, BRONZE_IMPORT_LOG
from shoplog.io.sinks import create_table
from shoplog.io.sources import reparsing
from shoplog.rules import read_catalogues
from shoplog.settings import Settings
from shoplog.sites import load_sites
from shoplog.transforms.landing import line_parser

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

IDENTITY = ("site", "host", "file", "byte_offset")


def bronze_versions(session: SparkSession, settings: Settings) -> dict[str, int]:
    """Return the present version of both bronze tables, made where they do not exist."""
    from delta.tables import DeltaTable

    versions = {}
    for table in (BRONZE_ACCESS_LOG.name, BRONZE_IMPORT_LOG.name):
        path = create_table(session, settings, table)
        versions[table] = DeltaTable.forPath(session, str(path)).history(1).first()["version"]
    return versions


def read_bronze(session: SparkSession, settings: Settings, versions: dict[str, int]) -> DataFrame:
    """Return both bronze tables at stated versions, as they are; nothing is de-duplicated."""
    rows = None
    for table, version in versions.items():
        path = str(settings.warehouse / table)
        one = session.read.format("delta").option("versionAsOf", version).load(path)
        rows = one if rows is None else rows.unionByName(one)
    assert rows is not None
    return rows


def lines_once(rows: DataFrame, settings: Settings) -> DataFrame:
    """Return each line once, parsed anew: of equal identities the one that came first."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    order = (F.col("ingest_time"), F.col("kafka_partition").asc_nulls_last(), F.col("kafka_offset").asc_nulls_last())
    first = Window.partitionBy(*IDENTITY).orderBy(*order)
    once = rows.withColumn("_n", F.row_number().over(first)).where("_n = 1").drop("_n")
    sites = load_sites(settings)
    catalogues = read_catalogues({name: site.catalogue for name, site in sites.items()})
    parse = reparsing(line_parser(sites, catalogues, None))
    return once.mapInArrow(parse, BRONZE_ACCESS_LOG.schema_ddl)


def of_day(rows: DataFrame, day: date) -> DataFrame:
    """Return the rows that may belong to a day: by the time live parsing gave them, or by the day they came in.

    A refused line has no event time and belongs to the day it came in. An identity's copies all carry one event time,
    so this keeps or drops them together, except for refused ones, which are re-read with their day.
    """
    tomorrow = day + timedelta(days=1)
    return rows.where(
        f"event_date = '{day.isoformat()}' or (event_date is null and ingest_date >= '{day.isoformat()}'"
        f" and ingest_date <= '{tomorrow.isoformat()}')"
    )
