"""How a person leaves the running chain: the stream stands still, their days are made anew, Kafka and the documents forget them."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from shoplog.commands.batch import spark_session
from shoplog.errors import UserError
from shoplog.settings import Settings
from shoplog.stack import control

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from shoplog.transforms.subject import Subject


def run_erasure(settings: Settings, subject: Subject, said: Sequence[str], timeout_s: float) -> dict[str, Any]:
    """Erase the subject, and in documents the texts that were `said` of them; return what went and, as `left`, what did not.

    The stream may take `timeout_s` to drain, and to start again. Raises `UserError` where it does not run.
    """
    from jobs.batch.erase import HELD, clean_up, days_to_make_anew, erase_lines
    from jobs.batch.erase_ids import left_over
    from shoplog.io.leases import table_leases
    from shoplog.stack.kafka_access import admin_options

    began = datetime.now(UTC)
    # Refused before anything is changed: Kafka's records are deleted last.
    admin_options(settings)
    with (
        _drained(settings, timeout_s),
        spark_session(settings, "erase") as session,
        table_leases(settings, HELD, "erase", session._jvm),
    ):
        erased = erase_lines(settings, subject, began)
        days = days_to_make_anew(settings, erased)
        _make_anew(session, settings, days)
        gone = clean_up(settings, erased, began)
        left = left_over(settings, subject, erased.ids)
    _forget_records(settings, timeout_s)
    documents = _forget_documents(settings, [*subject.values, *erased.ids, *said])
    figures = {"lines": erased.lines, "rows": erased.rows, "days_made_anew": [str(day) for day in days], **gone}
    return {**figures, "documents": documents, "left": left}


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


def _forget_documents(settings: Settings, texts: Sequence[str]) -> int:
    from dashboard.annotations import Annotations
    from shoplog.io.documents import forget_in_documents
    from shoplog.transforms.subject import standing_alone

    said = re.compile("|".join(standing_alone(text) for text in texts).encode())
    return forget_in_documents(settings, said) + sum(Annotations(settings).forget(text) for text in texts)
