"""The live page and its API; no Spark in the request path, nothing from another host."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles

from dashboard.read_model import LiveReadModel
from shoplog.settings import Settings

_STATIC = Path(__file__).parent / "static"
_LOOK_EVERY_S = 0.5
_HEARTBEAT_S = 5.0
# Nothing inline and nothing foreign may run: User-Agent, Referer and paths are hostile by nature.
_POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"  # noqa: E501


def create_app(settings: Settings) -> FastAPI:
    """Return the application over one read model."""
    app = FastAPI(title="shoplog", docs_url=None, redoc_url=None)
    model = LiveReadModel(settings)

    @app.middleware("http")
    async def harden(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await call_next(request)
        if not request.url.path.startswith("/quality"):
            response.headers["Content-Security-Policy"] = _POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/api/v1/live")
    def live() -> dict[str, Any]:
        return model.snapshot()

    @app.get("/api/v1/live/events")
    async def events() -> StreamingResponse:
        return StreamingResponse(_events(model), media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    @app.get("/")
    def page() -> FileResponse:
        return FileResponse(_STATIC / "index.html")

    app.mount("/static", StaticFiles(directory=_STATIC))
    app.mount("/chart", StaticFiles(directory=settings.jars / "web", check_dir=False))
    docs = settings.quality_dir / "gx/uncommitted/data_docs/local_site"
    app.mount("/quality", StaticFiles(directory=docs, html=True, check_dir=False))
    return app


async def _events(model: LiveReadModel) -> AsyncIterator[str]:
    """Yield a snapshot whenever a commit came, and at least every five seconds so that staleness is seen."""
    sent, quiet_s = object(), 0.0
    while True:
        snapshot = await asyncio.to_thread(model.snapshot)
        if snapshot["version"] != sent or quiet_s >= _HEARTBEAT_S:
            sent, quiet_s = snapshot["version"], 0.0
            yield f"data: {json.dumps(snapshot)}\n\n"
        await asyncio.sleep(_LOOK_EVERY_S)
        quiet_s += _LOOK_EVERY_S
