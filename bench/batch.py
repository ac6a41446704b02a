"""batch: raw lines of a day -> requests and bytes per hour, requests per status, refused lines, visitors.

We do all that a line gets at landing (formats, agents and bots, countries, channels, events, visitor ids) and every family of
figures; the peers do the named figures alone, over every visitor where ours are people.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from bench.log_lines import log_files
from bench.pair import Peer, Row, chosen, compare
from bench.sides import Kept, Once, Output
from bench.toolbox import peers_python, program
from shoplog.settings import REPOSITORY, Settings

LINES = 10_000_000
_LEFT_OUT = "bots, devices, countries, channels, shop events, pages, anomalies' minutes, identity of lines"
_PEERS = REPOSITORY / "bench/peers"


def measure(settings: Settings, scale: float, runs: int, only: Sequence[str] = ()) -> list[Row]:
    """Return a row a peer, or one for each of `only` these."""
    lines = int(LINES * scale)
    files = [str(path) for path in log_files(settings, lines)]
    ours = Kept(
        "ours", [sys.executable, "-m", "bench.ours_batch", *files], {"SHOPLOG_HOME": str(settings.home / "bench/home")}
    )

    def peer(name: str, target: float, *command: str) -> Peer:
        return Peer(Once(name, [*command, *files]), target, _LEFT_OUT)

    peers = {
        "goaccess": lambda: peer("goaccess", 10, sys.executable, f"{_PEERS}/batch_goaccess.py", program("goaccess")),
        "chdb": lambda: peer("chdb", 2, peers_python(), f"{_PEERS}/batch_chdb.py"),
        "duckdb": lambda: peer("duckdb", 1.2, sys.executable, f"{_PEERS}/batch_duckdb.py"),
        "polars": lambda: peer("polars", 0.7, sys.executable, f"{_PEERS}/batch_polars.py"),
    }
    return compare("batch", lines, ours, chosen(peers, only), runs, are_equal)


def are_equal(ours: Output, theirs: Output) -> bool:
    """Return whether the figures that mean the same on both sides are equal, to the line and the byte."""
    return all(
        ours[name] == theirs[name] for name in ("requests_per_hour", "bytes_per_hour", "requests_per_status", "refused")
    )
