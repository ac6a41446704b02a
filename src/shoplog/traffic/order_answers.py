"""The true funnel and attribution, from the true sessions, by the words of `contracts/sessions.py`."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from itertools import groupby
from typing import Any

import polars as pl

from shoplog.contracts.sessions import ATTRIBUTION_MODELS, FUNNEL, FUNNEL_KINDS, ORIGIN

Origin = tuple[str | None, ...]
_DIRECT: Origin = ("Direct", "(direct)", "(none)", None)


def funnels(sessions: pl.DataFrame) -> pl.DataFrame:
    """Return `FUNNEL_STEP` of each site and day that has sessions."""
    reached: Counter[tuple[Any, ...]] = Counter()
    days = set()
    for site, day, path in sessions.select("site", "event_date", "event_path").iter_rows():
        days.add((site, day))
        for kind, steps in (
            ("sequential", _sequential(path)),
            ("strict", _strict(path)),
            ("flexible", _flexible(path)),
        ):
            reached.update((site, day, kind, step) for step in range(1, steps + 1))
    rows = [
        (*key, kind, step, event, reached[*key, kind, step])
        for key in sorted(days) for kind in FUNNEL_KINDS for step, event in enumerate(FUNNEL, 1)
    ]  # fmt: skip
    schema = {"site": pl.String, "event_date": pl.Date, "kind": pl.String, "step": pl.Int32, "event_name": pl.String}
    return pl.DataFrame(rows, schema={**schema, "sessions": pl.Int64}, orient="row")


def _sequential(path: list[str]) -> int:
    step = 0
    for event in path:
        if step < len(FUNNEL) and event == FUNNEL[step]:
            step += 1
    return step


def _strict(path: list[str]) -> int:
    steps = [event for event, _ in groupby(event for event in path if event in FUNNEL)]
    most = 0
    for start in range(len(steps)):
        length = 0
        for event, wanted in zip(steps[start:], FUNNEL, strict=False):
            if event != wanted:
                break
            length += 1
        most = max(most, length)
    return most


def _flexible(path: list[str]) -> int:
    return next((step for step, event in enumerate(FUNNEL) if event not in path), len(FUNNEL))


def attribution(sessions: pl.DataFrame) -> pl.DataFrame:
    """Return `ATTRIBUTION`: each session's orders go to a touch that its visitor had on the day, up to the first order."""
    names = (
        "site",
        "event_date",
        "visitor",
        "touches",
        "first_purchase_time",
        "orders",
        "orders_without_value",
        "revenue",
    )
    credit: dict[tuple[Any, ...], list[Any]] = defaultdict(lambda: [0, 0, None])
    had: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    ordered = sessions.sort("session_start").select(names).iter_rows()
    for site, day, visitor, touches, first_order, orders, without_value, revenue in ordered:
        had[site, day, visitor] += touches
        if not orders:
            continue
        before = [
            tuple(touch[name] for name in ORIGIN)
            for touch in had[site, day, visitor]
            if touch["touch_time"] <= first_order
        ]
        chosen = dict(zip(ATTRIBUTION_MODELS, (before[0], before[-1]) if before else (_DIRECT, _DIRECT), strict=True))
        for model, origin in chosen.items():
            sums = credit[site, day, model, *origin]
            sums[0] += orders
            sums[1] += without_value
            if revenue is not None:
                sums[2] = (sums[2] or Decimal(0)) + revenue
    schema: dict[str, Any] = {
        "site": pl.String, "event_date": pl.Date, "model": pl.String, **dict.fromkeys(ORIGIN, pl.String),
        "orders": pl.Int64, "orders_without_value": pl.Int64, "revenue": pl.Decimal(18, 2),
    }  # fmt: skip
    return pl.DataFrame([(*key, *sums) for key, sums in credit.items()], schema=schema, orient="row")
