"""Ours and its peers, run by turns on the same input; no ratio is given before the outputs were found equal."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench.sides import Output, Run, Side
from shoplog.errors import UserError

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A row of the results: medians of warm runs; `_cold_s` is the first run's wall time, with all starting."""

    name: str
    peer: str
    lines: int
    ours_per_s: float
    peer_per_s: float
    ratio: float
    target: float | None
    holds: bool
    ours_cpu_us_per_line: float
    peer_cpu_us_per_line: float
    ours_peak_mb: float
    peer_peak_mb: float
    ours_cold_s: float
    peer_cold_s: float
    runs: int
    outputs_equal: bool
    left_out: str


@dataclass(frozen=True, slots=True)
class Peer:
    """A side to stand beside: the ratio to reach (None: published only), and what it leaves out of our work."""

    side: Side
    target: float | None
    left_out: str


def chosen(peers: Mapping[str, Callable[[], Peer]], only: Sequence[str]) -> list[Peer]:
    """Return the peers of these names, of all where there are none; others are not even started.

    Raises `UserError` for a name that is none.
    """
    for name in only:
        if name not in peers:
            raise UserError(f"There is no peer {name!r} here: use {', '.join(peers)}.")
    return [make() for name, make in peers.items() if not only or name in only]


def compare(
    name: str, lines: int, ours: Side, peers: Sequence[Peer], runs: int, are_equal: Callable[[Output, Output], bool]
) -> list[Row]:
    """Return a row a peer: each side runs once cold, then all of them by turns `runs` times.

    Raises `RuntimeError` where a peer found something else than we did: there is nothing to compare then.
    """
    sides = [ours, *(peer.side for peer in peers)]
    try:
        cold = {side.name: side.run() for side in sides}
        for peer in peers:
            found, own = cold[peer.side.name].output, cold[ours.name].output
            if not are_equal(own, found):
                raise RuntimeError(f"{name}: {peer.side.name} found {found}, we found {own}.")
        warm: dict[str, list[Run]] = {side.name: [] for side in sides}
        for turn in range(runs):
            # Every other turn runs backwards, so that a slow moment does not always meet the same side.
            for side in sides if turn % 2 == 0 else reversed(sides):
                warm[side.name].append(side.run())
    finally:
        for side in sides:
            side.close()
    return [
        _row(name, lines, (cold[ours.name], warm[ours.name]), (cold[p.side.name], warm[p.side.name]), p) for p in peers
    ]


def _row(name: str, lines: int, ours: tuple[Run, list[Run]], theirs: tuple[Run, list[Run]], peer: Peer) -> Row:
    (our_cold, our_runs), (cold, runs) = ours, theirs
    own_s, peer_s = (statistics.median(run.used.seconds for run in of) for of in (our_runs, runs))
    ratio = peer_s / own_s
    pair = Pair(
        name=name, peer=peer.side.name, lines=lines, ours_per_s=lines / own_s, peer_per_s=lines / peer_s, ratio=ratio,
        target=peer.target, holds=peer.target is None or ratio >= peer.target,
        ours_cpu_us_per_line=_cpu_us(our_runs, lines), peer_cpu_us_per_line=_cpu_us(runs, lines),
        ours_peak_mb=max(run.used.peak_mb for run in our_runs), peer_peak_mb=max(run.used.peak_mb for run in runs),
        ours_cold_s=our_cold.used.seconds, peer_cold_s=cold.used.seconds, runs=len(our_runs), outputs_equal=True,
        left_out=peer.left_out,
    )  # fmt: skip
    return {key: round(value, 3) if isinstance(value, float) else value for key, value in asdict(pair).items()}


def _cpu_us(runs: Sequence[Run], lines: int) -> float:
    return statistics.median(run.used.cpu_s for run in runs) / lines * 1e6
