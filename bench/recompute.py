"""recompute: a day's gold from silver, beside the whole day from its raw lines: our own two ways to the same figures."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from bench.broker import own_home
from bench.log_lines import log_files, yesterday
from bench.pair import Peer, Row, chosen, compare
from bench.sides import Kept, Output
from shoplog.settings import Settings

LINES = 2_000_000


def measure(settings: Settings, scale: float, runs: int, only: Sequence[str] = ()) -> list[Row]:
    """Return one row."""
    lines = int(LINES * scale)
    files = [str(path) for path in log_files(settings, lines, yesterday())]
    with own_home(settings) as own:
        variables = {"SHOPLOG_HOME": str(own.home)}

        def side(name: str, *way: str) -> Kept:
            return Kept(name, [sys.executable, "-m", "bench.ours_recompute", *way], variables)

        imported = Kept(
            "import", [sys.executable, "-m", "bench.ours_import", f"{yesterday():%Y-%m-%d}", *files], variables
        )
        imported.run()
        imported.close()
        peers = {
            "raw": lambda: Peer(side("raw", "raw"), 10, "nothing: it reads every line anew, and makes the sessions")
        }
        return compare("recompute", lines, side("ours", "silver"), chosen(peers, only), runs, are_equal)


def are_equal(ours: Output, theirs: Output) -> bool:
    """Return whether the figures are equal."""
    return bool(ours == theirs)
