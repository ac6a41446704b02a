"""The files that pages ask for are read when the server starts, so that the first who asks need not wait for it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from dashboard.read_model.live import LiveReadModel
from dashboard.read_model.pages import PAGES
from dashboard.read_model.screens import ScreenReadModel
from shoplog.errors import UserError
from shoplog.report.question import Question, Span

# The longest period that the pages offer.
_DAYS = 100


def warm(live: LiveReadModel, model: ScreenReadModel, stopping: threading.Event) -> None:
    """Ask for the live figures, and for the pages' sections one by one: whoever asks meanwhile waits for one of them at most."""
    live.snapshot()
    today = datetime.now(UTC).date()
    question = Question(Span(today - timedelta(days=_DAYS - 1), today))
    for section in dict.fromkeys(section for sections in PAGES.values() for section in sections):
        if stopping.is_set():
            return
        try:
            model.report(question, (), (section,))
        except UserError:
            # There are no lines yet, and nothing to read.
            return
