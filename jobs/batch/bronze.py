"""Every bronze row of UTC days, from stream and imports, re-read and de-duplicated by identity; `fate` is ignored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from shoplog.contracts.columns import IDENTITY_NAMES
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, BRONZE_IMPORT_LOG
from shoplog.errors import UserError
from shoplog.io.commits import latest_version
from shoplog.io.computed import computed_from
from shoplog.io.day_index import ingest_dates
from shoplog.io.sinks import create_table, in_days
from shoplog.io.sources import reparsing
from shoplog.rules import read_catalogues
from shoplog.settings import Settings
from shoplog.sites import Site, load_sites
from shoplog.transforms.crawlers import Crawler
from shoplog.transforms.landing import line_parser

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def bronze_versions(settings: Settings) -> dict[str, int]:
    """Return the present version of both bronze tables, made where they do not exist."""
    names = (BRONZE_ACCESS_LOG.name, BRONZE_IMPORT_LOG.name)
    versions = {name: latest_version(create_table(settings, name)) for name in names}
    return {name: version for name, version in versions.items() if version is not None}


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
    """Return each line once, parsed anew: of equal identities the row that came first, judged at the time it came."""
    return parsed(first_rows(rows), load_sites(settings))


def first_rows(rows: DataFrame) -> DataFrame:
    """Return of equal identities the row that came first."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    order = (F.col("ingest_time"), F.col("kafka_partition").asc_nulls_last(), F.col("kafka_offset").asc_nulls_last())
    first = Window.partitionBy(*IDENTITY_NAMES).orderBy(*order)
    return rows.withColumn("_n", F.row_number().over(first)).where("_n = 1").drop("_n")


def parsed(rows: DataFrame, sites: Mapping[str, Site], crawlers: tuple[Crawler, ...] | None = None) -> DataFrame:
    """Return bronze rows parsed anew, as these sites say what their lines mean, and these crawlers who sent them."""
    catalogues = read_catalogues({name: site.catalogue for name, site in sites.items()})
    parse = reparsing(line_parser(sites, catalogues, None, crawlers=crawlers))
    return rows.mapInArrow(parse, BRONZE_ACCESS_LOG.schema_ddl)


def of_days(rows: DataFrame, days: Sequence[date], came: list[date]) -> DataFrame:
    """Return the rows that decide which lines belong to the days, from the partitions in which they `came`.

    A line belongs to the event date of the row of it that came first, or, where that row is refused, to the day it came
    in. So a line's rows are read together: those of its event date, and with them the refused ones, one of which may
    have come first. What is read beside the days' own lines leaves again once each line is parsed anew.
    """
    return rows.where(f"{in_days('ingest_date', came)} and ({in_days('event_date', days)} or event_date is null)")


def read_days(session: SparkSession, settings: Settings, versions: dict[str, int], days: Sequence[date]) -> DataFrame:
    """Return the rows that decide on the days, at stated versions; partitions without any are not read."""
    came = ingest_dates({settings.warehouse / table: version for table, version in versions.items()}, days)
    return of_days(read_bronze(session, settings, versions), days, came)


def sites_with_new_lines(
    session: SparkSession, settings: Settings, versions: dict[str, int], days: Sequence[date]
) -> set[str | None]:
    """Return the sites of which rows of the days came since these were recomputed; None stands for lines of no site.

    Raises `UserError` for a day that was never recomputed: all its sites have to be.
    """
    found: set[str | None] = set()
    for day in days:
        before = computed_from(settings, day)
        if before is None:
            raise UserError(f"{day} was not recomputed yet: leave out --site to recompute it whole.")
        # Bronze is only ever appended to, so what there is more of is what came.
        then, now = (_rows_by_site(session, settings, at, day) for at in (before, versions))
        found |= {site for site in then.keys() | now.keys() if then.get(site) != now.get(site)}
    return found


def _rows_by_site(
    session: SparkSession, settings: Settings, versions: dict[str, int], day: date
) -> dict[str | None, int]:
    rows = read_days(session, settings, versions, [day]).groupBy("site").count().collect()
    return {row["site"]: row["count"] for row in rows}
