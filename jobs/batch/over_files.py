"""Work over the data files of a table, shared out among Spark's tasks by their size."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

import pyarrow as pa

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

# About a million lines of bronze: what a task holds at once does not depend on it, what is done again after a crash does.
_TASK_BYTES = 64 << 20


class Sized(Protocol):
    """A file as far as sharing out asks."""

    @property
    def size(self) -> int:
        """Its bytes."""


File = TypeVar("File", bound=Sized)


def over_files(
    session: SparkSession,
    files: Sequence[File],
    work: Callable[[Sequence[File]], Iterator[pa.RecordBatch]],
    ddl: str,
) -> DataFrame:
    """Return the rows (`ddl`) that `work` makes of the files: some of them a task, whole ones.

    Their class is known by a module's name: a worker cannot import what stands in `__main__`.
    """
    tasks = shared_out(files, session.sparkContext.defaultParallelism)

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for task in batch.column(0).to_pylist():
                yield from work(pickle.loads(task))

    # Each task gets its own files, however much is known of them.
    rows = session.sparkContext.parallelize([(pickle.dumps(task),) for task in tasks], max(1, len(tasks)))
    return session.createDataFrame(rows, "files binary").mapInArrow(run, ddl)


def shared_out(files: Sequence[File], cores: int) -> list[list[File]]:
    """Return the files in groups, each about as large as the others: at least one for each core, as far as there are files."""
    count = min(len(files), max(cores, -(-sum(file.size for file in files) // _TASK_BYTES)))
    groups: list[list[File]] = [[] for _ in range(count)]
    sizes = [0] * count
    for file in sorted(files, key=lambda file: file.size, reverse=True):
        least = sizes.index(min(sizes))
        groups[least].append(file)
        sizes[least] += file.size
    return groups
