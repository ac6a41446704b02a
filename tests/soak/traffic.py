"""Traffic without a pause: one `shoplog traffic` after the other, and the sum of their truths."""

from __future__ import annotations

import json
import threading
from collections import Counter

from tests.chain import Shoplog

_ROUND_S = 15
DEFECTS = {
    "malformed": 30, "not_utf8": 10, "control_character": 10, "torn": 10, "truncated": 2, "bad_time": 10, "bad_status": 10,
    "future": 15, "late": 300, "hostile": 20, "repeated": 150,
}  # fmt: skip


class Traffic(threading.Thread):
    """Rounds of lines with defects, late and repeated lines, each on a seed of its own."""

    def __init__(self, shoplog: Shoplog, seed: int, rate: int) -> None:
        super().__init__(daemon=True)
        self._shoplog, self._seed, self._rate = shoplog, seed, rate
        self._stop_asked = threading.Event()
        self.lines = self.accepted = self.late = self.repeated = self.rounds = 0
        self.by_status: Counter[str] = Counter()
        self.quarantined: Counter[str] = Counter()

    def run(self) -> None:
        defects = [word for kind, count in DEFECTS.items() for word in ("--defect", f"{kind}={count}")]
        while not self._stop_asked.is_set():
            lines, seed = str(self._rate * _ROUND_S), str(self._seed + self.rounds)
            out = self._shoplog.good(
                "traffic",
                "--lines",
                lines,
                "--rate",
                str(self._rate),
                "--seed",
                seed,
                "--hours",
                "2",
                "--json",
                *defects,
            )
            self._add(json.loads(out))

    def end(self) -> None:
        """Return once the round that is being written is complete."""
        self._stop_asked.set()
        self.join()

    def _add(self, truth: dict[str, object]) -> None:
        self.rounds += 1
        for name, key in (
            ("lines", "lines_written"),
            ("accepted", "accepted"),
            ("late", "late"),
            ("repeated", "repeated"),
        ):
            setattr(self, name, getattr(self, name) + truth[key])
        self.by_status.update(truth["by_status"])  # type: ignore[arg-type]
        self.quarantined.update(truth["quarantined"])  # type: ignore[arg-type]
