"""The nightly, step by step and whole: due, recompute, reconcile, certificate, publish, nightly."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shoplog.commands.batch import Day, Days, parse_day, parse_days, spark_session
from shoplog.commands.ledger import close_days
from shoplog.commands.printing import Json, show, show_one
from shoplog.errors import UserError
from shoplog.settings import Settings
from shoplog.sites import load_sites, named_site

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from shoplog.ledger.certificate import Certificate


def due(day: Day = None, as_json: Json = False) -> None:
    """Print the UTC days that the nightly of a day has to do: the day, and published days that lines came for since."""
    from shoplog.ledger.due import due_days

    days = due_days(Settings.load(), parse_day(day))
    show("due", [{"day": one.isoformat()} for one in days], as_json)


def recompute(
    days: Days = None,
    site: Annotated[
        str | None,
        typer.Option(help="Read anew the lines of this site only, and of those that lines came for since."),
    ] = None,
    from_silver: Annotated[
        bool,
        typer.Option(help="Gold alone, from silver's requests and sessions as they are: no line is read anew."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Rebuild silver, quarantine and gold of UTC days from bronze and replace them."""
    from jobs.batch.recompute import recompute as job
    from jobs.batch.recompute import recompute_gold

    settings, of = Settings.load(), parse_days(days)
    if site is not None and from_silver:
        raise UserError("--from-silver reads no line anew, of no site: leave out --site or --from-silver.")
    if site is not None:
        named_site(load_sites(settings), site)
    with spark_session(settings, "recompute") as session:
        made = recompute_gold(session, settings, of) if from_silver else job(session, settings, of, site=site)
        show_one(f"recompute {_named(of)}", made, as_json)


def reconcile(days: Days = None, as_json: Json = False) -> None:
    """Compare live and batch of UTC days at one bronze version; exit code 1 when a difference is unexplained."""
    from jobs.batch.reconcile import reconcile as job

    settings, of = Settings.load(), parse_days(days)
    with spark_session(settings, "reconcile") as session:
        totals = [{"day": day.isoformat(), **job(session, settings, day)} for day in of]
    show("reconcile", totals, as_json)
    if any(one["unexplained"] for one in totals):
        raise typer.Exit(1)


def certificate(days: Days = None, as_json: Json = False) -> None:
    """Make the certificate of UTC days from their comparison and closed ledger; exit code 1 unless all are equal."""
    from jobs.batch.certify import certify

    settings, of = Settings.load(), parse_days(days)
    with spark_session(settings, "certify") as session:
        made = [certify(session, settings, day) for day in of]
    _show_certificates(settings, made, as_json)
    if any(one.verdict != "equal" for one in made):
        raise typer.Exit(1)


def publish(
    days: Days = None,
    despite: Annotated[
        str | None, typer.Option(help="Also publish what has no equal certificate, with this reason beside it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Switch finished UTC days from live to recomputed figures: each site that has an equal certificate of them.

    Exit code 1 where a site with requests has none.
    """
    from jobs.batch.publish import publish as job

    settings, of = Settings.load(), parse_days(days)
    with spark_session(settings, "publish") as session:
        pairs = job(session, settings, of, despite)
    show_one(f"publish {_named(of)}", pairs, as_json)
    if pairs["left_out"]:
        raise typer.Exit(1)


def nightly(days: Days = None, as_json: Json = False) -> None:
    """Recompute, compare, account for, certify and publish UTC days; without --date yesterday and all dirty days.

    Exit code 1 where a site has no equal certificate: it is not published.
    """
    from shoplog.ledger.due import due_days

    settings = Settings.load()
    of = parse_days(days) if days else due_days(settings, parse_day(None))
    if not of:
        return show("nightly", [], as_json)
    with spark_session(settings, "nightly") as session:
        rows, made = run_nightly(session, settings, of)
    show("nightly", rows, as_json)
    if any(one.verdict != "equal" for one in made):
        raise typer.Exit(1)


def run_nightly(
    session: SparkSession, settings: Settings, days: list[date]
) -> tuple[list[dict[str, Any]], list[Certificate]]:
    """Recompute, compare, account for, certify and publish UTC days; return a row a day and the certificates."""
    from jobs.batch.certify import certify
    from jobs.batch.publish import publish as publish_job
    from jobs.batch.recompute import recompute as recompute_job
    from jobs.batch.reconcile import reconcile as reconcile_job

    recompute_job(session, settings, days)
    rows = [{"day": day.isoformat(), **reconcile_job(session, settings, day)} for day in days]
    close_days(session, settings, days)
    made = [certify(session, settings, day) for day in days]
    certified = [one.day for one in made if any(site.verdict == "equal" for site in one.sites)]
    if certified:
        publish_job(session, settings, certified)
    for row, one in zip(rows, made, strict=True):
        equal = sum(site.verdict == "equal" for site in one.sites)
        row |= {"verdict": one.verdict, "sites_published": equal, "why": _why(one)}
    return rows, made


def _named(days: list[date]) -> str:
    return ", ".join(map(str, days))


def _why(made: Certificate) -> str:
    from shoplog.ledger.certificate import uncertified

    return " | ".join(uncertified([made]))


def _show_certificates(settings: Settings, made: list[Certificate], as_json: bool) -> None:
    from shoplog.ledger.certificate_page import to_json

    if as_json:
        for one in made:
            print(to_json(one))
        return
    for one in made:
        print(f"{one.day}: {one.verdict}; {settings.certificates_dir / f'{one.day}.html'}")
        if why := _why(one):
            print(f"  {why}")


COMMANDS: tuple[Callable[..., Any], ...] = (due, recompute, reconcile, certificate, publish, nightly)
