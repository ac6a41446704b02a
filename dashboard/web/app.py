"""The live page and its API; no Spark in the request path, nothing from another host."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse
from fastapi.sse import EventSourceResponse
from fastapi.staticfiles import StaticFiles

from dashboard.read_model import LiveReadModel
from dashboard.web.quality import json_routes, page_routes, say_what_is_wrong
from shoplog.settings import Settings

_STATIC = Path(__file__).parent / "static"
_LOOK_EVERY_S = 0.5
_HEARTBEAT_S = 5.0
# Nothing inline and nothing foreign may run: User-Agent, Referer and paths are hostile by nature.
_NOWHERE_ELSE = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_POLICY = (
    f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; {_NOWHERE_ELSE}"
)
# Data Docs run no script; Great Expectations writes style attributes into its tables.
_DOCS_POLICY = f"default-src 'none'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self'; {_NOWHERE_ELSE}"


class _LaterFiles(StaticFiles):
    """Files of a folder that a later job makes: not found until then, instead of a failing server."""

    async def check_config(self) -> None:
        """Take a folder that is not there yet."""


def create_app(settings: Settings) -> FastAPI:
    """Return the application over one read model."""
    app = FastAPI(title="shoplog", docs_url=None, redoc_url=None)
    model = LiveReadModel(settings)
    docs = settings.quality_dir / "gx/uncommitted/data_docs/local_site"

    @app.middleware("http")
    async def harden(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await call_next(request)
        is_docs = request.url.path.startswith("/quality/docs/")
        response.headers["Content-Security-Policy"] = _DOCS_POLICY if is_docs else _POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        # Ask each time: after an upgrade no page may run with the script of the one before.
        response.headers.setdefault("Cache-Control", "no-cache")
        return response

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/api/v1/live")
    def live() -> dict[str, Any]:
        return model.snapshot()

    @app.get("/api/v1/live/events", response_class=EventSourceResponse)
    async def events() -> AsyncIterator[dict[str, Any]]:
        """A snapshot whenever a commit came, and at least every five seconds so that staleness is seen."""
        sent, quiet_s = object(), 0.0
        while True:
            snapshot = await asyncio.to_thread(model.snapshot)
            seen = snapshot | {"stale_s": None}
            if seen != sent or quiet_s >= _HEARTBEAT_S:
                sent, quiet_s = seen, 0.0
                yield snapshot
            await asyncio.sleep(_LOOK_EVERY_S)
            quiet_s += _LOOK_EVERY_S

    @app.get("/")
    def page() -> FileResponse:
        return FileResponse(_STATIC / "index.html")

    @app.get("/favicon.ico")
    def icon() -> FileResponse:
        return FileResponse(_STATIC / "icon.svg")

    @app.get("/quality/docs/")
    def data_docs() -> FileResponse:
        index = docs / "index.html"
        return FileResponse(index if index.exists() else _STATIC / "no_report.html")

    app.mount("/static", StaticFiles(directory=_STATIC))
    app.mount("/chart", StaticFiles(directory=settings.jars / "web", check_dir=False))
    app.mount("/quality/docs", _LaterFiles(directory=docs, check_dir=False))
    say_what_is_wrong(app, lambda request: request.url.path.startswith("/api/"))
    app.include_router(json_routes(settings), prefix="/api/v1/quality")
    airflow = f"http://127.0.0.1:{settings.airflow_port}/"
    app.include_router(page_routes(settings, airflow, docs="docs/"), prefix="/quality")
    return app
