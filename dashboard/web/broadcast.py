"""One look at the figures for all who watch: each snapshot is read and written as an event once, however many viewers there are."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator

from dashboard.read_model import LiveReadModel

_LOOK_EVERY_S = 0.5
_HEARTBEAT_S = 5.0


class Broadcast:
    """Looks while somebody watches."""

    def __init__(self, model: LiveReadModel) -> None:
        """Tell what this model says."""
        self._model = model
        self._viewers = 0
        self._looking: asyncio.Task[None] | None = None
        self._event, self._number = b"", 0
        self._failed: Exception | None = None
        self._turn = asyncio.Event()

    async def events(self, for_s: float) -> AsyncIterator[bytes]:
        """Yield snapshots as server-sent events for so long: what is known, then one with each commit, at least every five seconds.

        Each has the number after that of the one before as its id: whoever sees a gap took too long and has missed some, of
        which the next one says all. Raises what stops the figures from being read.
        """
        self._viewers += 1
        if self._looking is None or self._looking.done():
            # Nobody is told what was true, or was wrong, when the last one left.
            self._failed, self._number = None, 0
            self._looking = asyncio.create_task(self._look())
        seen, ends_at = 0, time.monotonic() + for_s
        try:
            while time.monotonic() < ends_at:
                while self._number == seen:
                    await self._turn.wait()
                seen = self._number
                if self._failed is not None:
                    raise RuntimeError("the live figures cannot be read") from self._failed
                yield self._event
        finally:
            self._viewers -= 1

    async def _look(self) -> None:
        sent, said_at = object(), 0.0
        while self._viewers:
            try:
                snapshot = await asyncio.to_thread(self._model.snapshot)
                text = json.dumps(snapshot)
            except Exception as error:
                self._failed = error
                self._next()
                return
            seen = snapshot | {"stale_s": None}
            # One look before it would be late.
            if seen != sent or time.monotonic() - said_at >= _HEARTBEAT_S - _LOOK_EVERY_S:
                sent, said_at = seen, time.monotonic()
                self._event = f"id: {self._number + 1}\ndata: {text}\n\n".encode()
                self._next()
            await asyncio.sleep(_LOOK_EVERY_S)

    def _next(self) -> None:
        self._number += 1
        self._turn.set()
        self._turn = asyncio.Event()
