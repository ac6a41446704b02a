"""classify: user agents on standard input -> who they are, as JSON lines."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

FIELDS = ("user_agent", "traffic_type", "bot_category", "bot_name", "device", "os", "browser")
_LINES_A_FRAME = 10_000


def classify() -> None:
    """Read user agents, one a line, from standard input and write a JSON line for each, in order.

    A blank line is a request without a user agent. Bytes that are not UTF-8 are replaced.
    """
    for row in classified(sys.stdin.buffer):
        print(json.dumps(row))


def classified(lines: Iterable[bytes]) -> Iterator[dict[str, str | None]]:
    """Yield user_agent, traffic_type, bot_category, bot_name, device, os and browser of each line."""
    import polars as pl

    from shoplog.transforms.agents import with_agents

    agents = (line.rstrip(b"\r\n").decode("utf-8", "replace") for line in lines)
    while chunk := list(islice(agents, _LINES_A_FRAME)):
        yield from with_agents(pl.DataFrame({"user_agent": chunk})).select(FIELDS).iter_rows(named=True)


COMMANDS: tuple[Callable[..., Any], ...] = (classify,)
