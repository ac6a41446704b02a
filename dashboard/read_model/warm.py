"""The files that pages ask for are read when the server starts, so that the first who asks need not wait for it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from dashboard.read_model.live import LiveReadModel
from dashboard.read_model.pages import PAGES, sections_of
from dashboard.read_model.screens import ScreenReadModel
from shoplog.errors import UserError
from shoplog.report.question import Question, Span

# The longest period that the pages offer.
_DAYS = 100
_PAUSE_S = 0.01


def warm(live: LiveReadModel, model: ScreenReadModel, stopping: threading.Event) -> None:
    """Ask for the live figures, and for the pages' sections one by one: whoever asks meanwhile waits for one of them at most."""
    live.snapshot()
    today = datetime.now(UTC).date()
    question = Question(Span(today - timedelta(days=_DAYS - 1), today))
    # Those of a short period are all that there are.
    for section in dict.fromkeys(section for page in PAGES for section in sections_of(page, 1)):
        # Whoever waits for the lock has it before the next one.
        if stopping.wait(_PAUSE_S):
            return
        try:
            model.report(question, (), (section,))
        except UserError:
            # There are no lines yet, and nothing to read.
            return
