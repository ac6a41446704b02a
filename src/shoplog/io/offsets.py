"""Kafka ranges: what a batch covers, and whether a table should write, skip or refuse it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from shoplog.errors import DriftError
from shoplog.io.commits import newest_commit_with_metadata

# Beside Spark's own files: its offset log tells where each batch ends, but not where the first one begins.
START_FILE = "shoplog_start.json"
Offsets = dict[int, int]  # Kafka partition -> next offset


@dataclass(frozen=True, slots=True)
class KafkaRange:
    """[start, end) per partition of the one topic; a partition absent from `start` begins at 0."""

    start: Offsets
    end: Offsets

    @property
    def records(self) -> int:
        """How many records the range holds."""
        return sum(end - self.start.get(partition, 0) for partition, end in self.end.items())

    def to_metadata(self, **more: Any) -> str:
        """Return the JSON that goes into the commit."""
        return json.dumps({"kafka_start": self.start, "kafka_end": self.end, **more}, sort_keys=True)

    @classmethod
    def from_metadata(cls, metadata: dict[str, Any]) -> KafkaRange:
        """Return the range a commit says it covers."""
        start, end = ({int(p): int(o) for p, o in metadata[key].items()} for key in ("kafka_start", "kafka_end"))
        return cls(start, end)


class Verdict(Enum):
    """What to do with a range, given what the table has committed."""

    WRITE = "write"
    SKIP = "skip"


def same(left: Offsets, right: Offsets) -> bool:
    """Return whether two positions are equal; a partition that one side does not know stands at 0 there."""
    return all(left.get(p, 0) == right.get(p, 0) for p in left.keys() | right.keys())


def judge(committed: Offsets, batch: KafkaRange, table: str) -> Verdict:
    """Return WRITE where the batch starts at the committed offsets, SKIP where it ends at or before them.

    Raises `DriftError` in every other case: the checkpoint does not fit the table.
    """
    if all(end <= committed.get(partition, 0) for partition, end in batch.end.items()):
        return Verdict.SKIP
    if same(committed, batch.start):
        return Verdict.WRITE
    raise DriftError(
        f"The batch {batch.start}..{batch.end} does not continue {table} at {committed}: "
        "follow docs/runbook.md, 'Offsets do not fit'."
    )


def _last_entry(folder: Path) -> int | None:
    entries = [int(path.name) for path in folder.iterdir() if path.name.isdigit()] if folder.is_dir() else []
    return max(entries, default=None)


def read_offset_log(checkpoint: Path, batch_id: int, topic: str) -> Offsets:
    """Return the end offsets of a batch from Spark's offset log (line 3 of the file: one JSON object a source)."""
    try:
        text = (checkpoint / "offsets" / str(batch_id)).read_text(encoding="utf-8")
        ends = json.loads(text.splitlines()[2])[topic]
    except (OSError, IndexError, KeyError, ValueError) as error:
        raise DriftError(
            f"Offset log entry {batch_id} below {checkpoint} is unreadable: follow docs/runbook.md, 'Offsets do not fit'."
        ) from error
    return {int(partition): int(offset) for partition, offset in ends.items()}


def committed_offsets(table: Path) -> Offsets | None:
    """Return the offsets a live table has committed, None where it holds nothing."""
    newest = newest_commit_with_metadata(table)
    return KafkaRange.from_metadata(newest.metadata).end if newest else None


def read_start(checkpoint: Path) -> Offsets | None:
    """Return where the checkpoint's first batch begins, None for a checkpoint that is not ours or does not exist."""
    path = checkpoint / START_FILE
    if not path.exists():
        return None
    return {int(partition): offset for partition, offset in json.loads(path.read_text(encoding="utf-8")).items()}


def last_offset_entry(checkpoint: Path) -> int | None:
    """Return the newest batch id in the offset log, or None for an unused checkpoint."""
    return _last_entry(checkpoint / "offsets")


def last_commit_entry(checkpoint: Path) -> int | None:
    """Return the newest batch id in the commit log."""
    return _last_entry(checkpoint / "commits")
