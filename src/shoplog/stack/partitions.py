"""What an agent remembers of the topic's partitions: which lines it sent by how many of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from shoplog.errors import TryLaterError
from shoplog.io.kafka import partition_count
from shoplog.io.whole_file import write_whole
from shoplog.settings import Settings

_PATIENCE_MS = 5000


@dataclass(frozen=True, slots=True)
class _Before:
    """Lines of a file that begin below byte `until` go by so many partitions."""

    partitions: int
    until: int
    path: str


def partitions_file(settings: Settings) -> Path:
    """Return where the agent's interceptor reads which lines go by how many partitions."""
    return settings.taildir_position.with_name("partitions")


def agree_on_partitions(settings: Settings, files: Iterable[Path]) -> None:
    """Write the partitions file for an agent that is about to start; `files` are those that it reads.

    What a file has by now may have been sent, so it goes by the old number for ever; what is added to it by the new one. So a
    line that is sent again goes where it went first, and the mark of its partition knows it. Raises `TryLaterError` at the very
    first start, where no broker says how many there are.
    """
    path = partitions_file(settings)
    known, before = _read(path)
    try:
        now = partition_count(settings, settings.topic_raw, _PATIENCE_MS)
    except TryLaterError:
        if not known:
            raise
        # Lines wait in their files for the broker, and go by what was known before.
        now = known
    if now > known > 0:
        before += [_Before(known, file.stat().st_size, str(file)) for file in sorted(files)]
    elif now < known:
        # Kafka takes none away: the topic was made anew.
        before = []
    lines = [f"{one.partitions}\t{one.until}\t{one.path}\n" for one in before if Path(one.path).exists()]
    write_whole(path, "".join([*lines, f"{now}\n"]).encode())


def _read(path: Path) -> tuple[int, list[_Before]]:
    """Return the present number, 0 where none was written yet, and what went by others, oldest first."""
    if not path.exists():
        return 0, []
    *before, now = (line.split("\t", 2) for line in path.read_text(encoding="utf-8").splitlines())
    return int(now[0]), [_Before(int(partitions), int(until), file) for partitions, until, file in before]
