"""Routes of what comes again: hours of the week, and people who came back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, HTTPException

from dashboard.read_model.screens import ScreenReadModel
from dashboard.read_model.week import HOURS, hours_of_week
from dashboard.web.asked import Asked, First, Last, Sites, Where, read_question, span_of
from dashboard.web.figures import reported
from dashboard.web.who import Who, seen_sites
from shoplog.settings import Settings
from shoplog.sites import load_sites


def habit_routes(settings: Settings, model: ScreenReadModel) -> APIRouter:
    """Return the routes /hours-of-week and /cohorts."""
    router = APIRouter()

    @router.get("/hours-of-week")
    def week(user: Who, question: Asked, site: Sites = None) -> dict[str, Any]:
        """What an hour of each weekday has on average, by each shop's own clock."""
        report = reported(model, user, question, site, [HOURS])
        zones = {one.name: one.time_zone for one in load_sites(settings).values()}
        left_out = [{"site": one.site, "because": one.because} for one in report.left_out]
        return {"sites": hours_of_week(report, zones, question.as_of or datetime.now(UTC)), "left_out": left_out}

    @router.get("/cohorts")
    def cohorts(user: Who, first: First, last: Last = None, site: Sites = None, where: Where = None) -> dict[str, Any]:
        """Logins by when they were first there, and how many came back how much later; docs/sessions.md says what a login is."""
        if where:
            raise HTTPException(400, "Logins are not kept by any dimension: ask without a filter.")
        return model.cohorts(read_question(lambda: span_of(first, last)), seen_sites(user, site))

    return router
