"""erase: everything of a person leaves, and what is left is proved to add up without them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shoplog.commands.batch import spark_session
from shoplog.commands.printing import Json, show_one
from shoplog.errors import UserError
from shoplog.settings import Settings
from shoplog.stack import control

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from shoplog.transforms.subject import Subject

_NOT_OURS = (
    "Not touched, because they are yours: the web servers' log files (erase them there, or they can be imported again), "
    "backups and snapshots of this home, and what was sent on. A later visit is a new one: only lines up to now are gone."
)


def erase(
    visitor: Annotated[str | None, typer.Option(help="A visitor_id: one visitor on one UTC day and site.")] = None,
    ip: Annotated[str | None, typer.Option(help="An address: all its lines that bronze has.")] = None,
    login: Annotated[str | None, typer.Option(help="A login_id, or the user name that the server logs.")] = None,
    timeout: Annotated[float, typer.Option(help="Seconds that the stream may take to drain and to start again.")] = 600,
    as_json: Json = False,
) -> None:
    """Erase a person from every table, version, document and Kafka; their days are made anew without them.

    Exit code 1 where something of them is left. Run it again after a failure: it goes on.
    """
    from jobs.batch.erase import HELD, clean_up, days_to_make_anew, erase_lines, left_over
    from shoplog.io.leases import table_leases
    from shoplog.stack.kafka_access import admin_options

    settings, began = Settings.load(), datetime.now(UTC)
    subject = _subject(settings, visitor, ip, login)
    # Refused before anything is changed: Kafka's records are deleted last.
    admin_options(settings)
    with (
        _drained(settings, timeout),
        spark_session(settings, "erase") as session,
        table_leases(settings, HELD, "erase", session._jvm),
    ):
        erased = erase_lines(settings, subject, began)
        days = days_to_make_anew(settings, erased)
        _make_anew(session, settings, days)
        gone = clean_up(settings, erased, began)
        left = left_over(settings, subject, erased)
    _forget_records(settings, timeout)
    documents = _forget_documents(settings, [*subject.values, *erased.ids, *([login] if login else [])])
    figures = {"lines": erased.lines, "rows": erased.rows, "days_made_anew": [str(day) for day in days], **gone}
    show_one("erase", {**figures, "documents": documents, "left": left, "note": _NOT_OURS}, as_json)
    if left:
        raise typer.Exit(1)


def _subject(settings: Settings, visitor: str | None, ip: str | None, login: str | None) -> Subject:
    from shoplog.io.salts import living_salts, login_key
    from shoplog.sites import load_sites
    from shoplog.transforms.formats.addresses import ip_address
    from shoplog.transforms.subject import Subject
    from shoplog.transforms.visitors import address_id, login_id

    given = [name for name, value in (("visitor", visitor), ("ip", ip), ("login", login)) if value]
    if len(given) != 1:
        raise UserError("Name one person: use --visitor ID, --ip ADDRESS or --login ID.")
    sites = load_sites(settings)
    if visitor:
        return Subject("visitor", (_id(visitor),))
    if ip:
        address = ip_address(ip)
        if address is None:
            raise UserError(f"{ip!r} is no IP address: write it as in the log, 192.0.2.1 or 2001:db8::1.")
        salts = living_salts(settings.secrets_dir / "salts", datetime.now(UTC)).values()
        return Subject("ip", (address,), tuple(address_id(site, address, salt) for site in sites for salt in salts))
    key = login_key(settings.secrets_dir)
    named = tuple(login_id(site, str(login), key) for site in sites)
    return Subject("login", (str(login), *named) if re.fullmatch("[0-9a-f]{16}", str(login)) else named)


def _id(text: str) -> str:
    if not re.fullmatch("[0-9a-f]{16}", text):
        raise UserError(f"{text!r} is no visitor_id: it has 16 digits from 0 to f, as silver_request shows it.")
    return text


@contextmanager
def _drained(settings: Settings, timeout_s: float) -> Iterator[None]:
    """Let the stream land everything and stop; it runs again at the end, whatever happens."""
    orders, said = control.read_orders(settings), control.read_status(settings)
    if (orders.desired, said.state) != ("running", "running"):
        raise UserError(
            f"The stream is {said.state}: lines of theirs may wait in Kafka, so run 'shoplog stream start' first, then erase."
        )
    try:
        control.give_orders(settings, "drained")
        control.wait_for_stream(settings, timeout_s)
        yield
    finally:
        control.give_orders(settings, "running")
    control.wait_for_stream(settings, timeout_s)


def _make_anew(session: SparkSession, settings: Settings, days: list[date]) -> None:
    """Recompute the days and publish again those that were published, with an equal certificate or the reason why without."""
    from jobs.batch.erase_lines import days_with_lines
    from jobs.batch.publish import publish
    from jobs.batch.recompute import recompute
    from shoplog.commands.nightly import run_nightly
    from shoplog.io.repin import publications

    was_published = {row["day"] for row in publications(settings)}
    over = [day for day in days_with_lines(settings, days) if day < datetime.now(UTC).date()]
    if others := [day for day in days if day not in over]:
        recompute(session, settings, others, missing_ok=True)
    if not over:
        return
    _, certificates = run_nightly(session, settings, over)
    for one in certificates:
        if one.day in was_published and any(site.verdict != "equal" for site in one.sites):
            publish(session, settings, [one.day], despite="made anew after an erasure: not equal", cause="erasure")


def _forget_records(settings: Settings, timeout_s: float) -> None:
    """Delete Kafka's copies of what has landed; the stream runs, and what comes behind the closed segments is not deleted."""
    from shoplog.stack.kafka_segments import close_segments, delete_before

    closed = close_segments(settings, settings.topic_raw)
    deadline = time.monotonic() + timeout_s
    while any(control.read_status(settings).committed.get(str(p), 0) <= offset for p, offset in closed.items()):
        if time.monotonic() > deadline:
            raise UserError(
                "The stream has not landed what waits in Kafka: look at 'shoplog stream status', then erase again."
            )
        time.sleep(0.2)
    delete_before(settings, settings.topic_raw, closed, 120)


def _forget_documents(settings: Settings, texts: list[str]) -> int:
    from dashboard.annotations import Annotations
    from shoplog.io.documents import forget_in_documents
    from shoplog.transforms.subject import standing_alone

    said = re.compile("|".join(standing_alone(text) for text in texts).encode())
    return forget_in_documents(settings, said) + sum(Annotations(settings).forget(text) for text in texts)


COMMANDS: tuple[Callable[..., Any], ...] = (erase,)
