"""Whether the lines of one file cover its bytes: what is missing, what came twice, what is a piece, what is to come."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field

import polars as pl

Range = tuple[int, int]  # first byte, byte after the last

# Neither counts in line_bytes: the newline, a carriage return that TAILDIR drops, one more that our interceptor drops.
MAX_LINE_END_BYTES = 3
_RANGES_SHOWN = 5
_MISSING = re.compile(r"(\d+)-(\d+) missing")


@dataclass(slots=True)
class Coverage:
    """One file's bytes, of which a census counted the first `size`.

    `unsent` ranges lie within these and hold `unsent_ends` line ends of lines that did come.
    """

    size: int = 0
    lines_beyond: int = 0
    torn: int = 0
    missing: list[Range] = field(default_factory=list)
    doubled: list[Range] = field(default_factory=list)
    unsent: list[Range] = field(default_factory=list)
    unsent_ends: int = 0

    def leave_out(self, reach: int, until: int, to_come: Range, first: bool = False) -> None:
        """Take the bytes from `reach` to `until`, which no line covers, as missing or, within `to_come`, as still to come."""
        sent, held = to_come
        # Of the line end before, one byte is certain: a range from there holds the same lines, from too late it would not.
        begin = reach if first else reach + 1
        below = min(until, sent) if sent < held else until
        if below - reach > (0 if first else MAX_LINE_END_BYTES):
            self.missing.append((begin, below))
        # Lines that no census has counted are not held against what came, so they are not to come either.
        if max(reach, sent) < min(until, self.size, held):
            self.unsent.append((max(reach, sent), min(until, self.size, held)))
            self.unsent_ends += sent <= reach and not first
        # Counted once, and the file is shorter by now.
        if below < until and max(begin, held) < until:
            self.missing.append((max(begin, held), until))

    def in_words(self) -> str:
        """Return the first broken ranges, each as FROM-TO without TO: as `shoplog import --range` takes them."""
        told = [f"{start}-{end} missing" for start, end in self.missing]
        told += [f"{start}-{end} doubled" for start, end in self.doubled]
        more = [f"and {len(told) - _RANGES_SHOWN} more"] if len(told) > _RANGES_SHOWN else []
        return ", ".join((*told[:_RANGES_SHOWN], *more))


def missing_in(words: str) -> list[Range]:
    """Return the missing ranges that `Coverage.in_words` told."""
    return [(int(start), int(end)) for start, end in _MISSING.findall(words)]


def length(ranges: list[Range]) -> int:
    """Return the bytes in ranges."""
    return sum(end - start for start, end in ranges)


def covered(lines: pl.DataFrame, size: int, sent: int | None, held: int | None = None) -> Coverage:
    """Return how the lines (`byte_offset`, `line_bytes`) cover a file.

    From the end of a line to the start of the next lie 1 to 3 bytes of line end. More is a hole; less than 0 is an overlap;
    0 means that the line is a piece: TAILDIR sends the beginning of an unfinished line once the file is idle.

    Args:
        lines: The file's lines, each identity once for each time it was taken for new; in any order.
        size: Bytes in whole lines that a census counted; 0 where none has.
        sent: Byte up to which the file was sent; None where nothing more is to come.
        held: Bytes that the file has by now: of what was counted beyond, nothing is to come; None for all of `size`.
    """
    found = Coverage(size)
    to_come = (0, 0) if sent is None else (sent, sys.maxsize if held is None else held)
    start, end = pl.col("byte_offset"), pl.col("byte_offset") + pl.col("line_bytes")
    joints = lines.sort("byte_offset", "line_bytes").select(
        start.alias("start"),
        end.cum_max().alias("reach"),
        start.shift(-1).fill_null(pl.lit(size)).alias("next"),
        end.shift(-1).alias("next_end"),
    )
    first = joints["start"][0] if len(joints) else size
    if first > 0:
        found.leave_out(0, first, to_come, first=True)
    # Whatever comes last may also begin beyond what was counted: then nothing is known of its end.
    joints = joints.filter(pl.col("next_end").is_not_null() | (pl.col("start") < size))
    gap, inside = pl.col("next") - pl.col("reach"), pl.col("next_end").is_not_null()
    again = pl.when(inside).then(pl.col("next") == pl.col("start")).otherwise(gap == 0)
    at = pl.when(inside).then("next").otherwise(pl.min_horizontal("next", pl.col("reach") - 1))
    doubled = joints.filter((gap < 0) | again).select(
        at.alias("at"), pl.min_horizontal("reach", "next_end").alias("until")
    )
    found.doubled = [(at, max(until, at + 1)) for at, until in doubled.iter_rows()]
    torn = (gap == 0) & ~again
    found.torn = joints.filter(torn).height
    found.lines_beyond = lines.filter(start >= size).height - joints.filter(torn & (pl.col("start") >= size)).height
    unsent = (gap > 1) & (pl.col("next") > sent) if sent is not None else pl.lit(False)
    for reach, following in joints.filter((gap > MAX_LINE_END_BYTES) | unsent).select("reach", "next").iter_rows():
        found.leave_out(reach, following, to_come)
    return found
