"""Which version of one live table stands at the offsets of another."""

from __future__ import annotations

from pathlib import Path

from shoplog.io.commits import latest_version, read_commit
from shoplog.io.offsets import KafkaRange, Offsets, same


def version_at(table: Path, offsets: Offsets) -> int | None:
    """Return the newest version that stands at exactly these Kafka offsets; None where the table never stood there.

    A commit without offsets, which no part of ours makes but a person may, leaves the table where it stands.
    Bronze runs ahead of its partials by a batch or two, so only a few commits are read.
    """
    version = standing = latest_version(table)
    while version is not None and version >= 0:
        commit = read_commit(table, version)
        if commit.metadata:
            end = KafkaRange.from_metadata(commit.metadata).end
            if same(end, offsets):
                return standing
            if any(end.get(partition, 0) < offset for partition, offset in offsets.items()):
                return None
            standing = version - 1
        version -= 1
    return None
