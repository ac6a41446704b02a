"""One look at the figures for all who watch: each snapshot is read and written as JSON once, however many viewers there are."""

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
        self._text, self._number = "", 0
        self._failed: Exception | None = None
        self._turn = asyncio.Condition()

    async def texts(self, for_s: float) -> AsyncIterator[str]:
        """Yield snapshots as JSON for so long: what is known, then one with each commit and at least every five seconds.

        Raises what stops the figures from being read.
        """
        self._viewers += 1
        if self._looking is None or self._looking.done():
            # Nobody is told what was true, or was wrong, when the last one left.
            self._failed, self._number = None, 0
            self._looking = asyncio.create_task(self._look())
        seen, ends_at = 0, time.monotonic() + for_s
        try:
            while time.monotonic() < ends_at:
                async with self._turn:
                    await self._turn.wait_for(lambda last=seen: self._number != last)  # type: ignore[misc]
                    seen, text, failed = self._number, self._text, self._failed
                if failed is not None:
                    raise RuntimeError("the live figures cannot be read") from failed
                yield text
        finally:
            self._viewers -= 1

    async def _look(self) -> None:
        sent, said_at = object(), 0.0
        while self._viewers:
            try:
                snapshot = await asyncio.to_thread(self._model.snapshot)
                text = json.dumps(snapshot)
            except Exception as error:
                async with self._turn:
                    self._failed, self._number = error, self._number + 1
                    self._turn.notify_all()
                return
            seen = snapshot | {"stale_s": None}
            # One look before it would be late.
            if seen != sent or time.monotonic() - said_at >= _HEARTBEAT_S - _LOOK_EVERY_S:
                sent, said_at = seen, time.monotonic()
                async with self._turn:
                    self._text, self._number = text, self._number + 1
                    self._turn.notify_all()
            await asyncio.sleep(_LOOK_EVERY_S)
