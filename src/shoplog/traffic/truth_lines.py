"""One row per accepted line: what the generator knows of it, as numbers into its own tables."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from shoplog.traffic.schedule import Block

# number: of the line, so also its place in its file; hour: the file's; second: event time; all epoch, UTC.
# visitor, agent and hit: places in the pool's visitors, in AGENTS and in the pool's hits; order: the number in its URL.
_COLUMNS = ("number", "hour", "second", "visitor", "agent", "hit", "order")
_SCHEMA = pa.schema([(name, pa.int64()) for name in _COLUMNS])
# What an accepted line says: the columns from `second` on. A plain tuple: one is made for each line.
Facts = tuple[int, int, int, int, int]


def lines_file(log_dir: Path) -> Path:
    """Return where the rows of a plan with this log folder stand."""
    return log_dir.parent / "truth-lines.parquet"


class TruthLines:
    """Writes the rows to a Parquet file, block by block."""

    def __init__(self, path: Path, agents: list[int]) -> None:
        """Begin the file; `agents` is each visitor's place in AGENTS."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._agents = np.array(agents, dtype=np.int64)
        self._file = pq.ParquetWriter(path, _SCHEMA, compression="zstd")

    def add(self, block: Block, changed: dict[int, Facts | None]) -> None:
        """Write a block's accepted lines; `changed` are those that are not as the block has them, None where refused."""
        number = block.number
        rows = np.stack(
            [number, block.hour, block.event_s, block.visitor, self._agents[block.visitor], block.hit, number]
        )
        accepted = np.ones(len(number), dtype=np.bool_)
        for line, facts in changed.items():
            if facts is None:
                accepted[line - number[0]] = False
            else:
                rows[2:, line - number[0]] = facts
        self._file.write_table(pa.table(list(rows[:, accepted]), schema=_SCHEMA))

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the file."""
        self._file.close()
