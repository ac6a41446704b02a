"""Many viewers of the live figures in one process, so that they cost the cores they share as little as they can.

It reads {"port", "token", "viewers"} as a JSON line and says `connected` when each viewer has its first snapshot. Then it reads a
version, and says `seen` and what each of them got once each has one at least as new.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from functools import lru_cache
from typing import Any

_PATIENCE_S = 60.0
_POLL_S = 0.1


class Viewer:
    """One connection; `seen` is (event id, version, epoch s) of each snapshot, `ended` says why it has none any more."""

    def __init__(self) -> None:
        """Have seen nothing yet."""
        self.seen: list[tuple[int, int, float]] = []
        self.ended = ""

    async def watch(self, port: int, token: str) -> None:
        """Take snapshots until the server ends the stream."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            host = f"Host: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}"
            writer.write(f"GET /api/v1/live/events HTTP/1.1\r\n{host}\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200 "):
                raise ValueError(head.split(b"\r\n", 1)[0].decode())
            rest = b""
            while length := int(await reader.readline(), 16):
                chunk = await reader.readexactly(length + 2)
                *events, rest = (rest + chunk[:-2]).split(b"\n\n")
                self.seen += [(*read_event(event), time.time()) for event in events]
            self.ended = "the server ended its stream"
        except (OSError, EOFError, ValueError) as error:
            self.ended = f"{type(error).__name__}: {error}"


@lru_cache(8)
def read_event(event: bytes) -> tuple[int, int]:
    """Return id and version of an event, version -1 where there is no table yet; all viewers get the same, read once."""
    fields = dict(line.split(": ", 1) for line in event.decode().splitlines())
    version = json.loads(fields["data"])["version"]
    return int(fields["id"]), -1 if version is None else int(version)


async def _watch(port: int, token: str, viewers: int) -> None:
    all_of_them = [Viewer() for _ in range(viewers)]
    tasks = [asyncio.create_task(one.watch(port, token)) for one in all_of_them]
    await _until_each(all_of_them, -1)
    if late := [one for one in all_of_them if not one.seen]:
        sys.exit(
            f"{len(late)} of {viewers} viewers did not get a first snapshot: {late[0].ended or 'none came in time'}."
        )
    began_s = time.process_time()
    print("connected", viewers, flush=True)
    newest = await asyncio.to_thread(sys.stdin.readline)
    if newest:  # whoever has started this may have ended
        await _until_each(all_of_them, int(newest))
        found: dict[str, Any] = {
            "seen": [one.seen for one in all_of_them], "ended": [one.ended for one in all_of_them],
            "cpu_s": time.process_time() - began_s,
        }  # fmt: skip
        print("seen", json.dumps(found), flush=True)
    for task in tasks:
        task.cancel()


async def _until_each(viewers: list[Viewer], version: int) -> None:
    """Return once each has a snapshot of this version or a newer one, or its stream has ended, or patience has."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        if all(one.ended or (one.seen and one.seen[-1][1] >= version) for one in viewers):
            return
        await asyncio.sleep(_POLL_S)


if __name__ == "__main__":
    asyncio.run(_watch(**json.loads(sys.stdin.readline())))
