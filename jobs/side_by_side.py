"""Small Spark jobs beside each other: most of a small write is planning and waiting, not work for the executors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

_AT_ONCE = 4


def side_by_side(jobs: Sequence[Callable[[], object]]) -> None:
    """Run jobs that do not depend on each other; raises what the first of them raised, once all have ended."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for done in [pool.submit(job) for job in jobs]:
            done.result()
