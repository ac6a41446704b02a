"""What many viewers of the live figures have seen: that nobody missed anything, and how late they had it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

Snapshot = tuple[int, int, float]
"""Event id, version of the partials, epoch s of its arrival."""


class Seen:
    """The snapshots that each viewer got, in their order."""

    def __init__(self, seen: Sequence[Sequence[Snapshot]], ended: Sequence[str], newest: int) -> None:
        """Take them where every update has arrived; raises `RuntimeError` saying who missed what.

        What that means: the server looks twice a second, and a snapshot says all commits up to its version, so that several
        commits may come as one. It counts the snapshots it sends. From the moment all viewers were connected to the end, each of
        them must have got each number, with the same version as all others, over one connection; and a version as
        new as `newest`, that of the last lines: so every line is in what every viewer saw.
        """
        versions: dict[int, int] = {}
        for number, (snapshots, end) in enumerate(zip(seen, ended, strict=True)):
            who = f"viewer {number} of {len(seen)}"
            if end or not snapshots:
                raise RuntimeError(f"viewers: {who} lost its stream, or never got it: {end or 'no snapshot came'}.")
            ids = [one[0] for one in snapshots]
            if ids != list(range(ids[0], ids[0] + len(ids))):
                missed = sorted(set(range(ids[0], ids[-1])) - set(ids))
                raise RuntimeError(f"viewers: {who} missed the snapshots {missed} of {ids[0]} to {ids[-1]}.")
            if snapshots[-1][1] < newest:
                raise RuntimeError(
                    f"viewers: {who} has version {snapshots[-1][1]}, not {newest}, that of the last lines."
                )
            if any(versions.setdefault(number, version) != version for number, version, _ in snapshots):
                raise RuntimeError(f"viewers: {who} got a snapshot that others got as another version.")
        self._versions = [[version for _, version, _ in snapshots] for snapshots in seen]
        self._arrived = [[at for _, _, at in snapshots] for snapshots in seen]
        self.deliveries = sum(len(snapshots) for snapshots in seen)

    def had_at(self, version: int) -> list[float]:
        """Return when each viewer had the version, in a snapshot of it or of a newer one (epoch s)."""
        return [
            arrived[bisect_left(versions, version)]
            for versions, arrived in zip(self._versions, self._arrived, strict=True)
        ]
