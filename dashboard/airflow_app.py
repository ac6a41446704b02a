"""The quality page behind Airflow's login: nothing is answered to who is not logged in.

Airflow mounts a plugin's application without any check of its own, so each route here asks for the user; the paths without
a route have nothing to tell.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import AccessView
from airflow.api_fastapi.core_api.security import requires_access_view
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException as AnyHTTPException

from dashboard.quality_page import Links, links_of_file, style_sheet
from dashboard.web.quality import json_routes, page_routes, say_what_is_wrong
from shoplog.settings import Settings

# Airflow's own page shows it in a frame.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
_API, _STYLE = "/api/v1/quality", "style.css"


def create_app(settings: Settings) -> FastAPI:
    """Return the application that Airflow mounts; who may look at Airflow may look at it."""
    logged_in = [Depends(requires_access_view(AccessView.WEBSITE))]
    # No description of the interface: its routes would be added without the check.
    app = FastAPI(title="shoplog quality", docs_url=None, redoc_url=None, openapi_url=None)

    @app.middleware("http")
    async def harden(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await call_next(request)
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
        return response

    @app.exception_handler(AnyHTTPException)
    async def ask_for_login(request: Request, error: HTTPException) -> Response:
        wants_page = "text/html" in request.headers.get("accept", "")
        if error.status_code == 401 and wants_page:
            return RedirectResponse(get_auth_manager().get_url_login(next_url=str(request.url)))
        return await http_exception_handler(request, error)

    style = APIRouter()

    @style.get(f"/{_STYLE}")
    def sheet() -> Response:
        return Response(style_sheet(), media_type="text/css")

    links = Links(links_of_file(settings).docs, days="./", sheets=(_STYLE,))
    say_what_is_wrong(app, lambda request: _API in request.url.path)
    app.include_router(json_routes(settings), prefix=_API, dependencies=logged_in)
    # Before the days: it would be taken for one.
    app.include_router(style, dependencies=logged_in)
    app.include_router(page_routes(settings, links), dependencies=logged_in)
    return app
