"""import, recompute, reconcile, publish, nightly, quality: each one Spark job or check over a UTC day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shoplog.commands.printing import Json, show_one
from shoplog.errors import UserError
from shoplog.settings import Settings
from shoplog.sites import check_log_format, load_sites

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Day = Annotated[str | None, typer.Option("--date", help="UTC day, YYYY-MM-DD; yesterday by default.")]


def parse_day(text: str | None) -> date:
    """Return the UTC day a user named."""
    if text is None:
        return datetime.now(UTC).date() - timedelta(days=1)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UserError(f"{text!r} is not a day: write it as YYYY-MM-DD.") from error


@contextmanager
def spark_session(settings: Settings, application: str) -> Iterator[SparkSession]:
    """Give a session for one job and stop it."""
    from shoplog.spark import build_session

    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    session = build_session(settings, application)
    try:
        yield session
    finally:
        session.stop()


def import_files(
    files: Annotated[list[Path], typer.Argument(help="Log files: plain, gz, bz2, zst.")],
    site: Annotated[str, typer.Option(help="The shop they belong to.")] = "shop",
    host: Annotated[str | None, typer.Option(help="The machine that wrote them; this one by default.")] = None,
    log_format: Annotated[str | None, typer.Option("--format", help="Their format; the site's by default.")] = None,
    as_json: Json = False,
) -> None:
    """Import archives: each line once by identity; days that are over are recomputed and published."""
    from dataclasses import replace

    from jobs.batch.import_logs import import_logs

    settings = Settings.load()
    sites = load_sites(settings)
    if site not in sites:
        raise UserError(f"There is no site {site!r}: use one of {', '.join(sites)} or write sites/{site}.toml.")
    if log_format is not None:
        check_log_format(log_format, sites[site].own_proxies)
    chosen = replace(sites[site], log_format=log_format) if log_format else sites[site]
    for path in files:
        if not path.is_file():
            raise UserError(f"{path} is not a file: name an access log.")
    with spark_session(settings, "import") as session:
        show_one("import", import_logs(session, settings, chosen, host or settings.host, files), as_json)


import_files.command_name = "import"  # type: ignore[attr-defined]


def recompute(day: Day = None, as_json: Json = False) -> None:
    """Rebuild silver, quarantine and gold of one UTC day from bronze and replace that day."""
    from jobs.batch.recompute import recompute as job

    settings, of = Settings.load(), parse_day(day)
    with spark_session(settings, "recompute") as session:
        show_one(f"recompute {of}", job(session, settings, [of]), as_json)


def reconcile(day: Day = None, as_json: Json = False) -> None:
    """Compare live and batch of one UTC day; exit code 1 when a difference is unexplained or nothing was compared."""
    from jobs.batch.reconcile import reconcile as job

    settings, of = Settings.load(), parse_day(day)
    with spark_session(settings, "reconcile") as session:
        totals = job(session, settings, of)
    show_one(f"reconcile {of}", totals, as_json)
    if totals["unexplained"] or not totals["figures"]:
        raise typer.Exit(1)


def publish(day: Day = None) -> None:
    """Switch one finished UTC day from live to recomputed figures."""
    from jobs.batch.publish import publish as job

    settings, of = Settings.load(), parse_day(day)
    with spark_session(settings, "publish") as session:
        print(f"{job(session, settings, [of])} sites published for {of}")


def nightly(day: Day = None, as_json: Json = False) -> None:
    """Recompute, reconcile and publish one UTC day; a day with unexplained differences is not published (exit code 1)."""
    from jobs.batch.publish import publish as publish_job
    from jobs.batch.recompute import recompute as recompute_job
    from jobs.batch.reconcile import reconcile as reconcile_job

    settings, of = Settings.load(), parse_day(day)
    with spark_session(settings, "nightly") as session:
        made = recompute_job(session, settings, [of])
        totals = reconcile_job(session, settings, of)
        wrong = bool(totals["unexplained"]) or not totals["figures"]
        sites = 0 if wrong else publish_job(session, settings, [of])
    show_one(f"nightly {of}", {**made, **totals, "sites_published": sites}, as_json)
    if wrong:
        raise typer.Exit(1)


def quality(day: Day = None, as_json: Json = False) -> None:
    """Check ledger, parity and tables of one UTC day by Great Expectations; exit code 1 when a critical check fails."""
    from jobs.batch.quality import check_day

    settings, of = Settings.load(), parse_day(day)
    with spark_session(settings, "quality") as session:
        result = check_day(session, settings, of)
    show_one(f"quality {of}", result, as_json)
    if result["critical_failures"]:
        raise typer.Exit(1)


COMMANDS: tuple[Callable[..., Any], ...] = (import_files, recompute, reconcile, publish, nightly, quality)
