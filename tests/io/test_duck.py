"""What the readers' own functions give, without a table."""

from __future__ import annotations

import random
from itertools import accumulate

import duckdb
import pytest

from shoplog.contracts.duckdb_sql import PERCENTILE_MS
from shoplog.contracts.metrics import DURATION_BOUNDS_MS
from shoplog.io.duck import estimate_visitors
from shoplog.transforms.sketches import filled

BUCKETS = len(DURATION_BOUNDS_MS) + 1


def test_an_estimate_does_not_depend_on_the_order_of_the_sketches() -> None:
    ids = [f"visitor {n}" for n in range(1_300)]
    draw = random.Random(7)
    sketches = [filled(ids[n::10]) for n in range(10)] + [filled(draw.sample(ids, 130)) for _ in range(30)]
    estimates = {estimate_visitors(draw.sample(sketches, len(sketches))) for _ in range(20)}
    assert estimates == {estimate_visitors([filled(ids)])}
    assert abs(estimates.pop() - 1_300) < 1_300 * 0.05


def test_nobody_is_nobody() -> None:
    assert estimate_visitors([]) == estimate_visitors([None]) == estimate_visitors([filled([])]) == 0


def percentile(histogram: list[int] | None, share: float) -> float | None:
    with duckdb.connect() as connection:
        connection.execute(PERCENTILE_MS)
        found = connection.execute("select percentile_ms($h::bigint[], $s)", {"h": histogram, "s": share}).fetchone()
    assert found is not None
    value: float | None = found[0]
    return value


def histogram(**buckets: int) -> list[int]:
    """Requests by the bucket's number, from 1: b1 is at most 1 ms, b2 at most 2 ms, b3 at most 5 ms."""
    return [buckets.get(f"b{n}", 0) for n in range(1, BUCKETS + 1)]


@pytest.mark.parametrize(
    ("given", "share", "expected"),
    [
        # Half of the requests took up to 1 ms, half 10 to 20 ms: p95 lies nine tenths into the second half.
        (histogram(b1=50, b5=50), 0.50, 1),
        (histogram(b1=50, b5=50), 0.95, 19),
        (histogram(b3=4), 0.50, 3.5),
        # What took longer than the last bound is shown as that bound.
        (histogram(b15=3), 0.99, 30_000),
        (histogram(), 0.5, None),
        (None, 0.5, None),
    ],
)
def test_a_percentile_is_read_inside_its_bucket(given: list[int] | None, share: float, expected: float | None) -> None:
    assert percentile(given, share) == pytest.approx(expected)


def test_a_percentile_is_never_outside_the_bucket_that_holds_it() -> None:
    draw = random.Random(3)
    for _ in range(50):
        counts = [draw.choice((0, 0, 1, 5, 400)) for _ in range(BUCKETS)]
        if not any(counts):
            continue
        share = draw.choice((0.5, 0.95, 0.99))
        place = next(n for n, total in enumerate(accumulate(counts)) if total >= share * sum(counts))
        low, high = [0, *DURATION_BOUNDS_MS][place], [*DURATION_BOUNDS_MS, DURATION_BOUNDS_MS[-1]][place]
        found = percentile(counts, share)
        assert found is not None
        assert low <= found <= high
