"""The web page and its API; no Spark in the request path, nothing from another host."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles

from dashboard.access import Access
from dashboard.read_model.pages import PAGES
from dashboard.read_model.screens import ScreenReadModel
from dashboard.read_model.warm import warm
from dashboard.web.allowance import Clock
from dashboard.web.figures import figure_routes
from dashboard.web.guard import Guard
from dashboard.web.live import live_routes
from dashboard.web.quality import json_routes, page_routes, say_what_is_wrong
from dashboard.web.session import session_routes
from shoplog.settings import Settings

_STATIC = Path(__file__).parent / "static"
# Nothing inline and nothing foreign may run: User-Agent, Referer and paths are hostile by nature.
_NOWHERE_ELSE = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_POLICY = f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob:; {_NOWHERE_ELSE}"
# Data Docs run no script; Great Expectations writes style attributes into its tables.
_DOCS_POLICY = f"default-src 'none'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self'; {_NOWHERE_ELSE}"


class _LaterFiles(StaticFiles):
    """Files of a folder that a later job makes: not found until then, instead of a failing server."""

    async def check_config(self) -> None:
        """Take a folder that is not there yet."""


def create_app(settings: Settings, clock: Clock = time.monotonic) -> FastAPI:
    """Return the application over one read model of each kind; `clock` (s) says how much of an allowance came back."""
    model = ScreenReadModel(settings)

    @asynccontextmanager
    async def warmed(_: FastAPI) -> AsyncIterator[None]:
        stopping = threading.Event()
        reading = threading.Thread(target=warm, args=(model, stopping), name="warm")
        reading.start()
        yield
        # A process must not end while DuckDB reads.
        stopping.set()
        await asyncio.to_thread(reading.join)

    app = FastAPI(title="shoplog", docs_url=None, redoc_url=None, openapi_url="/api/v1/openapi.json", lifespan=warmed)
    docs = settings.quality_dir / "gx/uncommitted/data_docs/local_site"
    access = Access(settings)
    # The last one comes first: an answer of the door is hardened as well.
    app.middleware("http")(Guard(settings, access, clock))
    app.middleware("http")(_harden)
    app.add_exception_handler(RequestValidationError, _say_which_parameter)
    say_what_is_wrong(app, lambda request: request.url.path.startswith("/api/"))
    app.include_router(session_routes(access, clock), prefix="/api/v1/session")
    app.include_router(live_routes(settings), prefix="/api/v1/live")
    app.include_router(json_routes(settings), prefix="/api/v1/quality")
    app.include_router(figure_routes(settings, model), prefix="/api/v1")
    airflow = f"http://127.0.0.1:{settings.airflow_port}/"
    app.include_router(page_routes(settings, airflow, docs="docs/"), prefix="/quality")
    app.include_router(_files(docs / "index.html"))
    app.mount("/static", StaticFiles(directory=_STATIC))
    app.mount("/chart", StaticFiles(directory=settings.jars / "web", check_dir=False))
    app.mount("/quality/docs", _LaterFiles(directory=docs, check_dir=False))
    return app


def _say_which_parameter(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"][1:])
    return JSONResponse({"detail": f"{name}: {first['msg']}."}, 400)


async def _harden(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await call_next(request)
    is_docs = request.url.path.startswith("/quality/docs/")
    response.headers["Content-Security-Policy"] = _DOCS_POLICY if is_docs else _POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    # Ask each time: after an upgrade no page may run with the script of the one before.
    response.headers.setdefault("Cache-Control", "no-cache")
    return response


def _files(data_docs: Path) -> APIRouter:
    """Return the pages that are files, of which the browser asks the API for figures."""
    router = APIRouter(default_response_class=FileResponse, include_in_schema=False)

    @router.get("/healthz", response_class=Response)
    def healthz() -> Response:
        return Response('{"status":"ok"}', media_type="application/json")

    @router.get("/")
    def live() -> Path:
        return _STATIC / "index.html"

    @router.get("/favicon.ico")
    def icon() -> Path:
        return _STATIC / "icon.svg"

    @router.get("/login")
    def login() -> Path:
        return _STATIC / "login.html"

    @router.get("/quality/docs/")
    def docs() -> Path:
        return data_docs if data_docs.exists() else _STATIC / "no_report.html"

    def figures() -> Path:
        return _STATIC / "figures.html"

    for page in (*PAGES, "anomalies"):
        router.add_api_route(f"/{page}", figures)
    return router
