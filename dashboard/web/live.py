"""Routes of the live figures: one snapshot, and snapshots as they come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from functools import cache
from typing import Any

from fastapi import APIRouter
from fastapi.sse import EventSourceResponse

from dashboard.read_model import LiveReadModel
from dashboard.web.guard import Who
from shoplog.settings import Settings

_LOOK_EVERY_S = 0.5
_HEARTBEAT_S = 5.0
_KNOWN_FOR_S = 300.0


def live_routes(settings: Settings) -> APIRouter:
    """Return the routes below /live; all who may see the same sites read one model."""
    router = APIRouter()

    @cache
    def model(sites: tuple[str, ...]) -> LiveReadModel:
        return LiveReadModel(settings, sites)

    @router.get("")
    def live(user: Who) -> dict[str, Any]:
        """The figures of the newest commit."""
        return model(user.sites).snapshot()

    @router.get("/events", response_class=EventSourceResponse)
    async def events(user: Who) -> AsyncIterator[dict[str, Any]]:
        """A snapshot whenever a commit came, and at least every five seconds so that staleness is seen.

        It ends after a while, and browsers come again: whoever was logged out meanwhile does not get in.
        """
        sent, quiet_s, ends_at = object(), 0.0, time.monotonic() + _KNOWN_FOR_S
        while time.monotonic() < ends_at:
            snapshot = await asyncio.to_thread(model(user.sites).snapshot)
            seen = snapshot | {"stale_s": None}
            if seen != sent or quiet_s >= _HEARTBEAT_S:
                sent, quiet_s = seen, 0.0
                yield snapshot
            await asyncio.sleep(_LOOK_EVERY_S)
            quiet_s += _LOOK_EVERY_S

    return router
