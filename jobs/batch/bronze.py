"""Every bronze row of UTC days, from stream and imports, re-read and de-duplicated by identity; `fate` is ignored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from shoplog.contracts.columns import IDENTITY_NAMES
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, BRONZE_IMPORT_LOG
from shoplog.errors import UserError
from shoplog.io.commits import latest_version
from shoplog.io.computed import computed_from
from shoplog.io.day_index import ingest_dates
from shoplog.io.salts import known_raw_key
from shoplog.io.sinks import create_table, in_days
from shoplog.io.sources import mapping, reparsing
from shoplog.rules import read_catalogues
from shoplog.settings import Settings
from shoplog.sites import Site
from shoplog.transforms.crawlers import Crawler
from shoplog.transforms.landing import line_parser
from shoplog.transforms.raw_forms import opened

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_ARRIVAL = ("ingest_time", "kafka_partition", "kafka_offset")


def bronze_versions(settings: Settings) -> dict[str, int]:
    """Return the present version of both bronze tables, made where they do not exist."""
    names = (BRONZE_ACCESS_LOG.name, BRONZE_IMPORT_LOG.name)
    versions = {name: latest_version(create_table(settings, name)) for name in names}
    return {name: version for name, version in versions.items() if version is not None}


def read_bronze(session: SparkSession, settings: Settings, versions: Mapping[str, int]) -> DataFrame:
    """Return both bronze tables at stated versions, as they are; nothing is de-duplicated."""
    rows = None
    for table, version in versions.items():
        path = str(settings.warehouse / table)
        one = session.read.format("delta").option("versionAsOf", version).load(path)
        rows = one if rows is None else rows.unionByName(one)
    assert rows is not None
    return rows


def first_rows(rows: DataFrame) -> DataFrame:
    """Return of equal identities the row that came first."""
    return in_order(rows).where("_n = 1").drop("_n")


def in_order(rows: DataFrame) -> DataFrame:
    """Return rows with `_n`: 1 for what came first of its identity."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    order = (F.col(name).asc_nulls_last() for name in _ARRIVAL)
    return rows.withColumn("_n", F.row_number().over(Window.partitionBy(*IDENTITY_NAMES).orderBy(*order)))


def parser(
    settings: Settings, sites: Mapping[str, Site], crawlers: tuple[Crawler, ...] | None = None
) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Return the function that parses bronze rows anew, as these sites say what lines mean, and these crawlers who sent them."""
    catalogues = read_catalogues({name: site.catalogue for name, site in sites.items()})
    parse, key = reparsing(line_parser(sites, catalogues, None, crawlers=crawlers)), known_raw_key(settings.secrets_dir)
    return lambda rows: parse(rows.with_columns(opened(rows, key)))


def parsed(
    rows: DataFrame, settings: Settings, sites: Mapping[str, Site], crawlers: tuple[Crawler, ...] | None = None
) -> DataFrame:
    """Return bronze rows parsed anew."""
    parse = mapping(parser(settings, sites, crawlers), BRONZE_ACCESS_LOG)
    return rows.mapInArrow(parse, BRONZE_ACCESS_LOG.schema_ddl)


def read_days(
    session: SparkSession, settings: Settings, versions: Mapping[str, int], days: Sequence[date]
) -> DataFrame:
    """Return the rows that decide which lines belong to the days, at stated versions; partitions without any are not read.

    A line belongs to the event date of the row of it that came first, or, where that row is refused, to the day it came
    in. So a line's rows are read together: those of its event date, and with them the refused ones, one of which may
    have come first. What is read beside the days' own lines leaves again once each line is parsed anew.
    """
    came = came_in(settings, versions, days)
    rows = read_bronze(session, settings, versions)
    return rows.where(f"{in_days('ingest_date', came)} and ({in_days('event_date', days)} or event_date is null)")


def came_in(settings: Settings, versions: Mapping[str, int], days: Sequence[date]) -> list[date]:
    """Return the partitions of bronze that hold rows which decide on the days."""
    return ingest_dates({settings.warehouse / table: version for table, version in versions.items()}, days)


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
