"""batch: raw lines of a day -> requests and bytes per hour, requests per status, refused lines, visitors.

We do all that a line gets at landing (formats, agents and bots, countries, channels, events, visitor ids) and every family of
figures; the peers do the named figures alone, over every visitor where ours are people.
"""

from __future__ import annotations

import sys

from bench.log_lines import log_files
from bench.pair import Peer, Row, compare
from bench.sides import Kept, Once, Output
from bench.toolbox import peers_python, program
from shoplog.settings import REPOSITORY, Settings

LINES = 10_000_000
_LEFT_OUT = "bots, devices, countries, channels, shop events, pages, anomalies' minutes, identity of lines"
_PEERS = REPOSITORY / "bench/peers"


def measure(settings: Settings, scale: float, runs: int) -> list[Row]:
    """Return a row a peer."""
    lines = int(LINES * scale)
    files = [str(path) for path in log_files(settings, lines)]
    ours = Kept(
        "ours", [sys.executable, "-m", "bench.ours_batch", *files], {"SHOPLOG_HOME": str(settings.home / "bench/home")}
    )
    peers = [
        Peer(
            Once("goaccess", [sys.executable, str(_PEERS / "batch_goaccess.py"), program("goaccess"), *files]),
            10,
            _LEFT_OUT,
        ),
        Peer(Once("chdb", [peers_python(), str(_PEERS / "batch_chdb.py"), *files]), 2, _LEFT_OUT),
        Peer(Once("duckdb", [sys.executable, str(_PEERS / "batch_duckdb.py"), *files]), 1.2, _LEFT_OUT),
        Peer(Once("polars", [sys.executable, str(_PEERS / "batch_polars.py"), *files]), 0.7, _LEFT_OUT),
    ]
    return compare("batch", lines, ours, peers, runs, are_equal)


def are_equal(ours: Output, theirs: Output) -> bool:
    """Return whether the figures that mean the same on both sides are equal, to the line and the byte."""
    return all(
        ours[name] == theirs[name] for name in ("requests_per_hour", "bytes_per_hour", "requests_per_status", "refused")
    )
