"""Routes of the live figures: one snapshot, and snapshots as they come."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import cache
from typing import Any

from fastapi import APIRouter
from fastapi.sse import EventSourceResponse, ServerSentEvent

from dashboard.read_model import LiveReadModel
from dashboard.web.broadcast import Broadcast
from dashboard.web.guard import Who
from shoplog.settings import Settings

_KNOWN_FOR_S = 300.0


def live_routes(settings: Settings) -> APIRouter:
    """Return the routes below /live; all who may see the same sites read one model."""
    router = APIRouter()

    @cache
    def model(sites: tuple[str, ...]) -> LiveReadModel:
        return LiveReadModel(settings, sites)

    @cache
    def broadcast(sites: tuple[str, ...]) -> Broadcast:
        return Broadcast(model(sites))

    @router.get("")
    def live(user: Who) -> dict[str, Any]:
        """The figures of the newest commit."""
        return model(user.sites).snapshot()

    @router.get("/events", response_class=EventSourceResponse)
    async def events(user: Who) -> AsyncIterator[ServerSentEvent]:
        """The same as they change: one with each commit, and at least every five seconds so that staleness is seen.

        It ends after a while, and browsers come again: whoever was logged out meanwhile does not get in.
        """
        async for text in broadcast(user.sites).texts(_KNOWN_FOR_S):
            yield ServerSentEvent(raw_data=text)

    return router
