"""The pool: a few thousand visits told once, as arrays, from which all traffic is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

from shoplog.traffic.bots import crawl, crawl_hit, scan
from shoplog.traffic.catalogue import Catalogue, make_catalogue
from shoplog.traffic.hits import Hit, Visit
from shoplog.traffic.people import Shopper
from shoplog.traffic.visitors import Visitors, make_visitors

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
PEOPLE, GOOD, BAD = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Pool:
    """Visits and their hits; visit k is hits first[k] to first[k] + length[k], `fill` are single crawler hits."""

    catalogue: Catalogue
    visitors: Visitors
    hits: list[Hit]
    seconds: Floats
    first: Ints
    length: Ints
    kind: Ints
    fill: Ints
    mean_length: float
    mean_seconds: float


def make_pool(seed: int, site: str) -> Pool:
    """Return the pool of one seed."""
    rng = Random(seed)
    catalogue = make_catalogue(rng)
    origin = f"https://{site}.example"
    # Of visits: 93 % people, 5 % polite crawls, 2 % scans.
    makers: tuple[tuple[int, int, Callable[[], Visit]], ...] = (
        (PEOPLE, 2_790, lambda: Shopper(rng=rng, catalogue=catalogue, origin=origin).walk()),
        (GOOD, 150, lambda: crawl(rng, catalogue)),
        (BAD, 60, lambda: scan(rng)),
    )
    visits = [(kind, make()) for kind, count, make in makers for _ in range(count)]
    hits = [hit for _, visit in visits for hit in visit.hits]
    seconds = np.array([second for _, visit in visits for second in visit.seconds], dtype=np.float64)
    length = np.array([len(visit.hits) for _, visit in visits], dtype=np.int64)
    fill_from = len(hits)
    hits += [crawl_hit(rng, catalogue) for _ in range(1_000)]
    return Pool(
        catalogue=catalogue,
        visitors=make_visitors(rng),
        hits=hits,
        seconds=seconds,
        first=np.cumsum(length) - length,
        length=length,
        kind=np.array([kind for kind, _ in visits], dtype=np.int64),
        fill=np.arange(fill_from, len(hits), dtype=np.int64),
        mean_length=float(length.mean()),
        mean_seconds=float(seconds.mean()),
    )
