"""The web page and its API; no Spark in the request path, nothing from another host."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles

from dashboard.access import Access
from dashboard.monitoring.collector import registry_of
from dashboard.pages import page
from dashboard.read_model import LiveReadModel
from dashboard.read_model.pages import PAGES
from dashboard.read_model.screens import ScreenReadModel
from dashboard.read_model.warm import warm
from dashboard.web.allowance import Clock
from dashboard.web.annotations import annotation_routes
from dashboard.web.described import ABOUT, VERSION, WRONG
from dashboard.web.figures import figure_routes
from dashboard.web.guard import Guard
from dashboard.web.habits import habit_routes
from dashboard.web.hardened import Hardened
from dashboard.web.live import live_routes
from dashboard.web.metrics import metrics_routes
from dashboard.web.quality import json_routes, own_links, page_routes, say_what_is_wrong
from dashboard.web.session import session_routes
from dashboard.web.who import KNOWN
from shoplog.settings import Settings

_API = "/api/v1"
_STATIC = Path(__file__).parent / "static"
# Level 9 takes several times as long for a twentieth less.
_COMPRESSION = 5


class _LaterFiles(StaticFiles):
    """Files of a folder that a later job makes: not found until then, instead of a failing server."""

    async def check_config(self) -> None:
        """Take a folder that is not there yet."""


def create_app(settings: Settings, clock: Clock = time.monotonic) -> FastAPI:
    """Return the application over one read model of each kind; `clock` (s) says how much of an allowance came back."""
    model, live = ScreenReadModel(settings), cache(lambda sites: LiveReadModel(settings, sites))

    @asynccontextmanager
    async def warmed(_: FastAPI) -> AsyncIterator[None]:
        stopping = threading.Event()
        reading = threading.Thread(target=warm, args=(live(()), model, stopping), name="warm")
        reading.start()
        yield
        # A process must not end while DuckDB reads.
        stopping.set()
        await asyncio.to_thread(reading.join)

    app = FastAPI(
        title="shoplog", description=ABOUT, version=VERSION, docs_url=None, redoc_url=None, openapi_url=f"{_API}/openapi.json",
        lifespan=warmed,
    )  # fmt: skip
    docs = settings.quality_dir / "gx/uncommitted/data_docs/local_site"
    access = Access(settings)
    # The last one comes first: an answer of the door is hardened as well. Events are passed on as they come.
    app.add_middleware(GZipMiddleware, compresslevel=_COMPRESSION)
    app.add_middleware(Guard, settings=settings, access=access, clock=clock)
    app.add_middleware(Hardened)
    app.add_exception_handler(RequestValidationError, _say_which_parameter)
    say_what_is_wrong(app, lambda request: request.url.path.startswith("/api/"))
    app.include_router(session_routes(access, clock), prefix=f"{_API}/session", responses=WRONG)
    app.include_router(live_routes(live), prefix=f"{_API}/live", responses=WRONG)
    app.include_router(json_routes(settings), prefix=f"{_API}/quality", responses=WRONG, dependencies=[KNOWN])
    app.include_router(annotation_routes(settings), prefix=f"{_API}/annotations", responses=WRONG)
    app.include_router(figure_routes(settings, model), prefix=_API, responses=WRONG)
    app.include_router(habit_routes(settings, model), prefix=_API, responses=WRONG)
    app.include_router(page_routes(settings, own_links(settings)), prefix="/quality", include_in_schema=False)
    app.include_router(metrics_routes(registry_of(settings, live(()))))
    app.include_router(_pages(docs / "index.html"))
    app.mount("/static", StaticFiles(directory=_STATIC))
    app.mount("/chart", StaticFiles(directory=settings.jars / "web", check_dir=False))
    app.mount("/quality/docs", _LaterFiles(directory=docs, check_dir=False))
    return app


def _say_which_parameter(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"][1:])
    return JSONResponse({"detail": f"{name}: {first['msg']}."}, 400)


def _pages(data_docs: Path) -> APIRouter:
    """Return the pages that hold no figures: the browser asks the API for them."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @router.get("/healthz", response_class=Response)
    def healthz() -> Response:
        return Response('{"status":"ok"}', media_type="application/json")

    @router.get("/")
    def live() -> str:
        return page("live")

    @router.get("/favicon.ico", response_class=FileResponse)
    def icon() -> Path:
        return _STATIC / "icon.svg"

    @router.get("/login")
    def login() -> str:
        return page("login")

    @router.get("/quality/docs/")
    def docs() -> str:
        return data_docs.read_text(encoding="utf-8") if data_docs.exists() else page("no_report")

    def figures() -> str:
        return page("figures")

    for name in (*PAGES, "anomalies"):
        router.add_api_route(f"/{name}", figures)
    return router
