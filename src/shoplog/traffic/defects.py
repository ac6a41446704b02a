"""Deliberate defects: where they stand and what they make of a good line."""

from __future__ import annotations

from random import Random

import numpy as np

from shoplog.traffic.plan import TrafficPlan

_TRUNCATED_BYTES = 1_200_000


def places(plan: TrafficPlan) -> dict[int, str]:
    """Return which lines (by number) are defective and how; a repeated line is never the first of all."""
    wanted = [kind for kind, count in sorted(plan.defects.items()) for _ in range(count)]
    rng = np.random.default_rng((plan.seed, 0xDEFEC7))
    numbers = rng.choice(np.arange(1, max(plan.lines, 2)), size=len(wanted), replace=False)
    return dict(zip(numbers.tolist(), wanted, strict=True))


def spoil(kind: str, line: str, rng: Random) -> bytes:
    """Return the bytes of a line with a defect that changes its text and not its fields."""
    raw = line.encode()
    if kind == "malformed":
        return b"garbage " + bytes(rng.choices(b"abcdefghijklmnopqrstuvwxyz{}[] ", k=60))
    if kind == "torn":
        return raw[: raw.index(b"HTTP/1.1") - 2]
    if kind == "not_utf8":
        return raw[:-2] + b"\xff\xfe" + raw[-2:]
    if kind == "control_character":
        return raw[:-2] + (b"\x00" if rng.random() < 0.5 else b"\x1b") + raw[-2:]
    assert kind == "truncated", kind
    return raw[:-2] + b"x" * _TRUNCATED_BYTES + raw[-2:]
