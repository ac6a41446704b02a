"""What is counted per site and UTC day beside the families of figures, by Spark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shoplog.contracts.metrics import PERSON

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_DAY = ("site", "event_date")


def request_counts(requests: DataFrame) -> DataFrame:
    """Return site, day and the number of its accepted requests."""
    return requests.groupBy(*_DAY).count().selectExpr("site", "event_date day", "count requests")


def site_shares(requests: DataFrame) -> DataFrame:
    """Return site, event_date and what the site's own requests are like: shares of static files and of referrers."""
    return requests.groupBy(*_DAY).agg(
        *_sql(
            "avg(cast(coalesce(page_class = 'static', false) as int)) site_assets_share",
            "avg(cast(referrer is not null as int)) site_referred_share",
        )
    )


def exact_visitors(requests: DataFrame, disguised: DataFrame) -> DataFrame:
    """Return `GOLD_VISITORS` of accepted requests; `disguised` (site, event_date, visitor_id) behave like programs."""
    from pyspark.sql import functions as F

    marked = disguised.select(*_DAY, "visitor_id", F.lit(True).alias("is_disguised"))
    people = requests.where(PERSON).join(marked, [*_DAY, "visitor_id"], "left")
    return people.groupBy(*_DAY).agg(
        *_sql(
            "count(distinct visitor_id) exact_visitors",
            "count(distinct if(is_disguised, visitor_id, null)) disguised_visitors",
        )
    )


def logins_of_days(requests: DataFrame) -> DataFrame:
    """Return `SILVER_LOGIN` of accepted requests: each login of people once a site and day."""
    people = requests.where(f"{PERSON} and login_id is not null")
    return people.groupBy(*_DAY, "login_id").agg(*_sql("count(*) requests"))


def newest_published(published: DataFrame) -> DataFrame:
    """Return of each site and day the `published_day` row that was published last."""
    kept = ("bronze_version", "table_versions", "requests", "live_requests", "despite")
    newest = published.groupBy("site", "day").agg(*_sql(f"max_by(struct({', '.join(kept)}), published_at) newest"))
    return newest.selectExpr("site", "day", "newest.*")


def _sql(*figures: str) -> list[Column]:
    from pyspark.sql import functions as F

    return [F.expr(figure) for figure in figures]
