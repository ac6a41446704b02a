"""Routes of the quality page, for our own server and for Airflow's: pages by HTML, the same figures as JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse

from dashboard.quality_page import SHEETS, Links, airflow_address, day_of, known_day, render_day, render_days
from dashboard.read_model.quality import quality_days
from shoplog.errors import UserError
from shoplog.settings import Settings


def own_links(settings: Settings) -> Links:
    """Return the links of our own server's pages, which have the head and the languages of its other pages."""
    sheets = tuple(f"/static/{name}" for name in SHEETS)
    return Links("docs/", airflow_address(settings), figures="/", days="./", sheets=sheets, script="/static/quality.js")


def page_routes(settings: Settings, links: Links) -> APIRouter:
    """Return the list of days at / and each day at /YYYY-MM-DD; links among them are relative, so any prefix does."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/")
    def days() -> str:
        return render_days(settings, links)

    @router.get("/{day}")
    def one_day(day: str) -> str:
        return render_day(settings, day_of(day), links)

    return router


def json_routes(settings: Settings) -> APIRouter:
    """Return the same as JSON: the list of days, and each day below it."""
    router = APIRouter()

    @router.get("")
    def days() -> dict[str, Any]:
        """The newest 30 days of which anything is known, with the light of each and of its sites, and why."""
        return {"days": quality_days(settings)}

    @router.get("/{day}")
    def one_day(day: str) -> dict[str, Any]:
        """All that stands behind one day's light; docs/quality-page.md says what the fields are."""
        return known_day(settings, day_of(day))

    return router


def say_what_is_wrong(app: FastAPI, is_json: Callable[[Request], bool]) -> None:
    """Let a day that is none, or of which nothing is known, be answered by 404 and its one sentence."""

    @app.exception_handler(UserError)
    def not_found(request: Request, error: Exception) -> Response:
        sentence = str(error)
        return JSONResponse({"detail": sentence}, 404) if is_json(request) else PlainTextResponse(sentence + "\n", 404)
