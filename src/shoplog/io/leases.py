"""One writer per table, proved by a lease: local-disk Delta promises no mutual exclusion between processes."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, Any

from shoplog.errors import TryLaterError
from shoplog.settings import Settings


@contextmanager
def table_leases(settings: Settings, tables: tuple[str, ...], writer: str, jvm: Any = None) -> Iterator[None]:
    """Hold the leases of `tables`; raises `TryLaterError` naming the holder when one is taken.

    The kernel drops a lease with its process, so a stale one cannot exist. The JVM (`jvm` is Spark's gateway) locks a file
    of its own, since it may outlive a killed Python for the length of a batch; writers without a JVM lock that file too.
    """
    folder = settings.home / "leases"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with ExitStack() as held:
        for table in sorted(tables):
            path = folder / f"{table}.lease"
            file = held.enter_context(path.open("a+"))
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = path.read_text(encoding="utf-8").strip() or "another process"
                raise TryLaterError(f"{table} is being written by {holder}: wait for it to end or stop it.") from None
            of_jvm = held.enter_context(path.with_name(f"{table}.lease.jvm").open("a"))
            if not _lock(of_jvm, jvm, held):
                raise TryLaterError(
                    f"{table} is still being written by the JVM of a killed writer: try again in a minute."
                )
            file.seek(0)
            file.truncate()
            file.write(f"{writer} (process {os.getpid()})")
            file.flush()
        yield


def _lock(file: IO[str], jvm: Any, held: ExitStack) -> bool:
    if jvm is not None:
        handle = jvm.java.io.RandomAccessFile(file.name, "rw")
        held.callback(handle.close)
        return handle.getChannel().tryLock() is not None
    try:
        # Java's locks are POSIX record locks, which `flock` does not see.
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
