"""Lines are the same however the bytes are cut while they are read."""

from __future__ import annotations

import io
import random
from typing import Any

import pytest

from shoplog.io import lines

MOST = 12


def by_hand(content: bytes) -> list[tuple[int, int, bytes]]:
    """Return offset, length without the line end and the first bytes of each line, by plain Python."""
    found, offset = [], 0
    for line in _kept(content):
        body = line.removesuffix(b"\n").removesuffix(b"\r")
        found.append((offset, len(body), body[:MOST]))
        offset += len(line)
    return found


def _kept(content: bytes) -> list[bytes]:
    """Return lines by their newlines alone: a carriage return ends none."""
    *whole, rest = content.split(b"\n")
    return [line + b"\n" for line in whole] + ([rest] if rest else [])


@pytest.mark.parametrize("seed", range(40))
def test_lines_of_any_length_and_end_are_found_wherever_a_piece_ends(seed: int, monkeypatch: Any) -> None:
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", MOST)
    monkeypatch.setattr(lines, "_PIECE", MOST + 2)
    rng = random.Random(seed)
    monkeypatch.setattr(lines, "_READ_AT_ONCE", rng.randint(1, 40))
    ends = [b"\n", b"\n", b"\r\n", b"\r\r\n", b"\r"]
    content = b"".join(
        b"x\xff"[: rng.randint(0, 2)] * rng.choice([0, 1, 2, 6, 7, 30]) + rng.choice(ends) for _ in range(60)
    )
    content += rng.choice([b"", b"no end", b"\r", b"y" * 40, b"y" * 40 + b"\r"])
    found = [row for frame in lines.split_lines(io.BytesIO(content)) for row in frame.iter_rows()]
    assert found == by_hand(content)


def test_a_file_without_a_line_has_none() -> None:
    assert list(lines.split_lines(io.BytesIO(b""))) == []
