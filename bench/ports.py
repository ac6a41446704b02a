"""Free ports on the loopback address, for stacks beside one that runs."""

from __future__ import annotations

import socket
from collections.abc import Sequence


def free_ports(names: Sequence[str]) -> dict[str, int]:
    """Return a free port for each name, no two of them the same."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in names]
    try:
        return {name: int(one.getsockname()[1]) for name, one in zip(names, sockets, strict=True)}
    finally:
        for one in sockets:
            one.close()
