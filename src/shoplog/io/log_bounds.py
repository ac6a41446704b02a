"""Texts that a table's log still says of files that are long gone: the bounds by which readers skip files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shoplog.io.data_files import ANY_TEXT, BOUNDED_TEXTS
from shoplog.io.housekeeping import opened
from shoplog.io.whole_file import write_whole


def forget_bounds(table: Path) -> int:
    """Take bounds that may tell of a visitor out of the table's log; return of how many entries. Data files stay.

    Files that are written now have none; this is for those of before, and for what other writers wrote.
    """
    log, changed = table / "_delta_log", 0
    for entry in sorted(log.glob("*.json")):
        lines = entry.read_text(encoding="utf-8").splitlines()
        plain = [_without_bounds(line) for line in lines]
        if plain != lines:
            write_whole(entry, ("\n".join(plain) + "\n").encode())
            changed += 1
    checkpoints = [path for path in log.glob("*.checkpoint*.parquet")]
    # Entries from the first on say all that checkpoints do: a new one is made of these.
    if changed and checkpoints and (log / f"{0:020d}.json").exists():
        for path in (*checkpoints, log / "_last_checkpoint"):
            path.unlink(missing_ok=True)
        opened(table).create_checkpoint()
    return changed


def _without_bounds(line: str) -> str:
    action: dict[str, Any] = json.loads(line)
    stats = json.loads(action.get("add", {}).get("stats") or "{}")
    texts = [
        name
        for name, bound in stats.get("minValues", {}).items()
        if isinstance(bound, str)
        and name not in BOUNDED_TEXTS
        and not _is_moment(bound)
        and (bound, stats["maxValues"].get(name)) != ANY_TEXT
    ]
    if not texts:
        return line
    for name in texts:
        stats["minValues"][name], stats["maxValues"][name] = ANY_TEXT
    action["add"]["stats"] = json.dumps(stats)
    return json.dumps(action)


def _is_moment(bound: str) -> bool:
    return bound[:4].isdigit() and bound[4:5] == "-" and bound[7:8] == "-" and bound[8:10].isdigit()
