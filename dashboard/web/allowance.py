"""How much somebody may ask for: so much at once, which comes back evenly with time."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

Clock = Callable[[], float]
# Whoever has all of its allowance again is forgotten, once so many more are known.
_FORGET_EVERY = 1000


class Allowance:
    """`most` takes at once for each who asks, each of which is there again after `within_s` / `most` seconds."""

    def __init__(self, most: int, within_s: float, clock: Clock = time.monotonic) -> None:
        """Read the time (s) of `clock`."""
        self._within_s, self._each_s, self._clock = within_s, within_s / most, clock
        # When the allowance will be whole again.
        self._whole_at: dict[str, float] = {}
        self._forget_at = _FORGET_EVERY
        self._lock = threading.Lock()

    def take(self, who: str) -> int:
        """Take one and return 0; where none is left, take none and return in how many seconds there is one."""
        with self._lock:
            now = self._clock()
            whole_at = max(self._whole_at.get(who, now), now) + self._each_s
            # A clock has microseconds: sums of shares of a minute do not.
            if (wait_s := whole_at - now - self._within_s) > 1e-6:
                return math.ceil(wait_s)
            self._whole_at[who] = whole_at
            if len(self._whole_at) >= self._forget_at:
                self._whole_at = {one: at for one, at in self._whole_at.items() if at > now}
                self._forget_at = len(self._whole_at) + _FORGET_EVERY
            return 0

    def give_back(self, who: str) -> None:
        """Give back one that was taken."""
        with self._lock:
            if who in self._whole_at:
                self._whole_at[who] -= self._each_s
