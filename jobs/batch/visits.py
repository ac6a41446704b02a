"""Who came and what each session did: disguised bots, sessions, funnel and attribution of UTC days, from silver."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import partial, reduce
from typing import TYPE_CHECKING

import polars as pl

from jobs.batch.gold import replace_figures
from jobs.partials import partials
from jobs.side_by_side import side_by_side
from shoplog.contracts import visits as c
from shoplog.contracts.metrics import PERSON
from shoplog.contracts.model import Table
from shoplog.contracts.session_figures import SESSIONS
from shoplog.contracts.sessions import GAP_MINUTES
from shoplog.contracts.tables import SILVER_REQUEST
from shoplog.io.sinks import has_days, in_days, replace_days
from shoplog.io.sources import mapping_all
from shoplog.settings import Settings
from shoplog.transforms.attribution import attribution
from shoplog.transforms.bots import suspicious_visitors
from shoplog.transforms.days import exact_visitors, logins_of_days, site_shares
from shoplog.transforms.funnels import funnels
from shoplog.transforms.sessions import people_of, session_balance, sessions
from shoplog.transforms.visits import visits

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_LOOKED_AT = ("site", "event_date", "visitor_id", "event_time", "url", "path", "status", "referrer")


def recompute_visits(session: SparkSession, settings: Settings, days: Sequence[date]) -> None:
    """Replace the days' visitors, and the sessions of the days and of the days before them, as far as silver has these."""
    silver = _stored(session, settings, SILVER_REQUEST)
    of_days = silver.where(in_days("event_date", days))
    # A day at a time: a task holds all requests of its visitors.
    programs = _union(disguised(silver.where(in_days("event_date", [day]))) for day in days)
    replace_days(programs, settings, c.GOLD_DISGUISED.name, days)
    known = _stored(session, settings, c.GOLD_DISGUISED)
    made = [(c.GOLD_VISITORS, exact_visitors(of_days, known), days), (c.SILVER_LOGIN, logins_of_days(of_days), days)]
    started = _started(settings, days)
    requests = {day: (_around(silver, day), _around(known, day)) for day in started}
    cut = {day: visits_of(rows, day, programs).persist() for day, (rows, programs) in requests.items()}
    found = _union(sessions(rows, day) for day, rows in cut.items())
    balance = _union(session_balance(rows, cut[day], day, programs) for day, (rows, programs) in requests.items())
    made += [(c.SILVER_SESSION, found, started), (c.GOLD_REQUEST_BALANCE, balance, started)]
    side_by_side([partial(replace_days, rows, settings, table.name, of) for table, rows, of in made])
    for rows in cut.values():
        rows.unpersist()


def replace_session_figures(session: SparkSession, settings: Settings, days: Sequence[date]) -> None:
    """Replace figures, funnel and attribution of the sessions of the days and of the days before them, as silver has these."""
    started = _started(settings, days)
    found = _stored(session, settings, c.SILVER_SESSION).where(in_days("event_date", started))
    figures = partials(found, (SESSIONS,), c.SESSION_PARTIAL)
    made = {c.GOLD_FUNNEL: funnels(found), c.GOLD_ATTRIBUTION: attribution(found)}
    side_by_side(
        [
            partial(replace_figures, settings, figures, (SESSIONS,), started),
            *(partial(replace_days, rows, settings, table.name, started) for table, rows in made.items()),
        ]
    )


def visits_of(
    requests: DataFrame, day: date, programs: DataFrame | None = None, gap_minutes: int = GAP_MINUTES
) -> DataFrame:
    """Return `VISIT` of accepted requests of the UTC day and its neighbours: a visitor's requests lie in one task."""
    people = people_of(requests, day, programs, gap_minutes).repartition("site", "_visitor")
    cut = mapping_all(partial(visits, day=day, gap_minutes=gap_minutes), c.VISIT)
    return people.mapInArrow(cut, c.VISIT.schema_ddl)


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


def _stored(session: SparkSession, settings: Settings, table: Table) -> DataFrame:
    return session.read.format("delta").load(str(settings.warehouse / table.name))


def _started(settings: Settings, days: Sequence[date]) -> list[date]:
    """Return the days, and the days before them that silver has requests of: the last sessions of these may run on into them."""
    before = {day - timedelta(days=1) for day in days}
    return sorted({*days, *(day for day in before if has_days(settings, SILVER_REQUEST.name, [day]))})


def _around(rows: DataFrame, day: date) -> DataFrame:
    return rows.where(in_days("event_date", [day + timedelta(days=n) for n in (-1, 0, 1)]))


def _union(frames: Iterable[DataFrame]) -> DataFrame:
    return reduce(lambda one, other: one.unionByName(other), frames)
