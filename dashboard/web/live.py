"""Routes of the live figures: one snapshot, and snapshots as they come."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from dashboard.read_model import LiveReadModel
from dashboard.web.broadcast import Broadcast
from dashboard.web.who import Who

_KNOWN_FOR_S = 300.0
_EVENTS = "text/event-stream"


def live_routes(model: Callable[[tuple[str, ...]], LiveReadModel]) -> APIRouter:
    """Return the routes below /live; `model` gives all who may see the same sites one model."""
    router = APIRouter()

    @cache
    def broadcast(sites: tuple[str, ...]) -> Broadcast:
        return Broadcast(model(sites))

    @router.get("")
    def live(user: Who) -> dict[str, Any]:
        """The figures of the newest commit."""
        return model(user.sites).snapshot()

    @router.get("/events", response_class=StreamingResponse, responses={200: {"content": {_EVENTS: {}}}})
    async def events(user: Who) -> StreamingResponse:
        """The same as they change: one with each commit, and at least every five seconds so that staleness is seen.

        An event's `id` is one more than that of the event before. The stream ends after a while, and browsers come again:
        whoever was logged out meanwhile does not get in.
        """
        told = broadcast(user.sites).events(_KNOWN_FOR_S)
        # A proxy shall hold none back.
        return StreamingResponse(told, media_type=_EVENTS, headers={"X-Accel-Buffering": "no"})

    return router
