"""Who came and what each session did: disguised bots, sessions, funnel and attribution of UTC days, from silver."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial, reduce
from typing import TYPE_CHECKING

import polars as pl

from jobs.partials import partials, with_event_date
from jobs.side_by_side import side_by_side
from shoplog.contracts import visits as c
from shoplog.contracts.metrics import PERSON
from shoplog.contracts.session_figures import SESSIONS
from shoplog.io.sinks import in_days, replace_days
from shoplog.io.sources import mapping_all
from shoplog.settings import Settings
from shoplog.transforms.attribution import attribution
from shoplog.transforms.bots import suspicious_visitors
from shoplog.transforms.days import exact_visitors, logins_of_days, site_shares
from shoplog.transforms.funnels import funnels
from shoplog.transforms.merge import merged
from shoplog.transforms.sessions import session_balance, sessions

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_LOOKED_AT = ("site", "event_date", "visitor_id", "event_time", "url", "path", "status", "referrer")


def recompute_visits(session: SparkSession, settings: Settings, silver: DataFrame, days: Sequence[date]) -> None:
    """Replace the days' visitors, and the sessions of the days and of the days before them, as far as silver has these."""

    def stored(table: str) -> DataFrame:
        return session.read.format("delta").load(str(settings.warehouse / table))

    of_days = silver.where(in_days("event_date", days))
    replace_days(disguised(of_days), settings, c.GOLD_DISGUISED.name, days)
    known = stored(c.GOLD_DISGUISED.name)
    replace_days(exact_visitors(of_days, known), settings, c.GOLD_VISITORS.name, days)
    replace_days(logins_of_days(of_days), settings, c.SILVER_LOGIN.name, days)

    touched = in_days("event_date", sorted({*days, *(day - timedelta(days=1) for day in days)}))
    started = sorted(row["event_date"] for row in silver.where(touched).select("event_date").distinct().collect())
    of_sessions = in_days("event_date", started)
    replace_days(_each(sessions, silver, started, known), settings, c.SILVER_SESSION.name, started)
    found = stored(c.SILVER_SESSION.name).where(of_sessions)
    figures = with_event_date(merged(partials(found, (SESSIONS,), c.SESSION_PARTIAL), SESSIONS))
    made = {
        c.GOLD_SESSIONS: figures, c.GOLD_FUNNEL: funnels(found), c.GOLD_ATTRIBUTION: attribution(found),
        c.GOLD_REQUEST_BALANCE: _each(session_balance, silver, started, known),
    }  # fmt: skip
    side_by_side([partial(replace_days, rows, settings, table.name, started) for table, rows in made.items()])


def disguised(requests: DataFrame) -> DataFrame:
    """Return `GOLD_DISGUISED` of whole UTC days of accepted requests: a visitor's requests lie in one task."""
    shares = pl.DataFrame(pl.from_arrow(site_shares(requests).toArrow()))

    def judge(rows: pl.DataFrame) -> pl.DataFrame:
        judged = [
            suspicious_visitors(of_day, shares.filter(pl.col("event_date") == day)).with_columns(event_date=day)
            for (day,), of_day in rows.partition_by("event_date", as_dict=True).items()
        ]
        return pl.concat(judged)

    people = requests.where(f"{PERSON} and visitor_id is not null").select(*_LOOKED_AT)
    judging = mapping_all(judge, c.GOLD_DISGUISED)
    return people.repartition("site", "visitor_id").mapInArrow(judging, c.GOLD_DISGUISED.schema_ddl)


def _each(
    of_day: Callable[[DataFrame, date, DataFrame], DataFrame], silver: DataFrame, days: Sequence[date], known: DataFrame
) -> DataFrame:
    """Return what `of_day` makes of each day, in one frame; a day looks at its neighbours too."""
    frames = []
    for day in days:
        around = in_days("event_date", [day + timedelta(days=n) for n in (-1, 0, 1)])
        frames.append(of_day(silver.where(around), day, known.where(around)))
    return reduce(lambda one, other: one.unionByName(other), frames)
