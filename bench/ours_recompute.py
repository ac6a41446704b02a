"""Both sides of `recompute`: the nightly's job over yesterday, from `silver` or from `raw` lines as the argument says."""

from __future__ import annotations

import sys
from collections.abc import Callable

from bench.gold_figures import gold_figures
from bench.log_lines import yesterday
from bench.sides import Output, answer_runs
from jobs.batch.recompute import recompute, recompute_gold
from shoplog.settings import Settings
from shoplog.spark import build_session


def main() -> None:
    """Recompute the day at each run."""
    (way,) = sys.argv[1:]
    settings, day = Settings.load(), yesterday().date()
    session = build_session(settings, f"bench-{way}")

    def work() -> Callable[[], Output]:
        (recompute_gold if way == "silver" else recompute)(session, settings, [day])
        return lambda: gold_figures(settings)

    answer_runs(work)
    session.stop()


if __name__ == "__main__":
    main()
