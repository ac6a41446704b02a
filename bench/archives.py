"""import: compressed archives of past days to published figures, beside zcat and GoAccess.

We keep every line, land it and recompute its day; GoAccess makes the named figures alone.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from bench.broker import own_home
from bench.log_lines import DAY, compressed, log_files
from bench.pair import Peer, Row, chosen, compare
from bench.sides import Kept, Once, Output
from bench.toolbox import program
from shoplog.settings import REPOSITORY, Settings

# Five gigabytes, uncompressed.
LINES = 20_000_000
_LEFT_OUT = (
    "lines and their identity, bots, devices, countries, channels, shop events, pages, the ledger, published days"
)


def measure(settings: Settings, scale: float, runs: int, only: Sequence[str] = ()) -> list[Row]:
    """Return one row."""
    lines = int(LINES * scale)
    files = [str(path) for path in compressed(log_files(settings, lines))]
    with own_home(settings) as own:
        variables = {"SHOPLOG_HOME": str(own.home)}
        ours = Kept("ours", [sys.executable, "-m", "bench.ours_import", f"{DAY:%Y-%m-%d}", *files], variables)

        def goaccess() -> Peer:
            script = str(REPOSITORY / "bench/peers/batch_goaccess.py")
            return Peer(Once("goaccess", [sys.executable, script, program("goaccess"), *files]), 3, _LEFT_OUT)

        return compare("import", lines, ours, chosen({"goaccess": goaccess}, only), runs, are_equal)


def are_equal(ours: Output, theirs: Output) -> bool:
    """Return whether the figures that mean the same on both sides are equal, to the line and the byte."""
    return all(
        ours[name] == theirs[name] for name in ("requests_per_hour", "bytes_per_hour", "requests_per_status", "refused")
    )
