"""One row of ledger A: what became of the lines of one file, judged by lines and by bytes."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from shoplog.io.marks import FileKey
from shoplog.ledger.census import Counted
from shoplog.ledger.coverage import Coverage, covered, length
from shoplog.ledger.in_flight import Agent
from shoplog.ledger.landed import Landed
from shoplog.transforms.identity import UNKNOWN

_KAFKA = 2  # beside landed.STREAM and landed.IMPORT
_NO_LINES = pl.DataFrame(schema={"byte_offset": pl.Int64, "line_bytes": pl.Int64, "fate": pl.String, "source": pl.Int8})
_NOTHING = Landed(0, 0, 0, 0, 0, 0, ())


@dataclass(frozen=True, slots=True)
class FileRow:
    """A: one file. written + torn = accepted + quarantined + erased + in flight + residue; in flight is measured, no remainder.

    A line that was streamed and imported counts once, as the stream took it; its other rows are duplicates. `torn` counts
    pieces: TAILDIR sends an unfinished last line once the file is idle, and its rest as a line of its own.
    """

    site: str
    host: str
    file: str
    written: int
    read: int
    kafka: int
    bronze: int
    accepted: int
    quarantined: int
    duplicates: int
    in_flight: int
    torn: int
    missing_bytes: int
    doubled_bytes: int
    broken_ranges: str
    residue: int
    erased: int = 0

    @property
    def is_wrong(self) -> bool:
        """Whether a line or a byte is unaccounted for."""
        return bool(self.residue or self.missing_bytes or self.doubled_bytes)


def settled(key: FileKey, landed: Landed | None, counted: Counted | None) -> FileRow | None:
    """Return the row of a file all of whose bytes came exactly once; None where its lines must be looked at one by one."""
    if landed is None:
        return None
    # Records without our identity have no place in any file: they are only counted.
    whole = key[0] == UNKNOWN or (counted[0] in landed.chain_ends if counted else bool(landed.chain_ends))
    written = counted[1] if counted else landed.accepted + landed.quarantined + landed.erased
    return _row(key, landed, written, (landed.accepted, landed.quarantined, landed.erased)) if whole else None


def examined(
    key: FileKey,
    landed: Landed | None,
    new: pl.DataFrame | None,
    unlanded: pl.DataFrame | None,
    counted: Counted | None,
    agent: Agent,
) -> FileRow:
    """Return the row of a file by each of its lines: landed as new, waiting in Kafka, or not sent yet."""
    lines = _met_once(new, unlanded)
    fates = tuple(int((lines["fate"] == fate).sum()) for fate in ("accepted", "quarantined", "erased"))
    waiting = int((lines["source"] == _KAFKA).sum())
    size, whole_lines = counted or (0, 0)
    if key[0] == UNKNOWN:
        return _row(key, landed, len(lines), fates, waiting, records=_count(unlanded))
    coverage = covered(lines, size, *agent.reading(key))
    unsent = agent.lines(key, coverage.unsent) - coverage.unsent_ends
    # What begins at or after the census's end no census has counted yet: the last lines, or an unfinished one.
    written = whole_lines + coverage.lines_beyond
    return _row(key, landed, written, fates, waiting, unsent, _count(unlanded), coverage)


def _met_once(new: pl.DataFrame | None, unlanded: pl.DataFrame | None) -> pl.DataFrame:
    """Return each line at one place only: as the stream took it, else as an import did, else as it waits in Kafka.

    Twice in one table stays twice: there it was counted twice, and shows as an overlap.
    """
    parts = [_NO_LINES if new is None else new]
    if unlanded is not None:
        waiting = unlanded.unique("byte_offset")
        parts.append(
            waiting.with_columns(pl.lit(None, pl.String).alias("fate"), pl.lit(_KAFKA, pl.Int8).alias("source"))
        )
    met = pl.concat(parts)
    return met.filter(pl.col("source") == pl.col("source").min().over("byte_offset"))


def _count(lines: pl.DataFrame | None) -> int:
    return 0 if lines is None else len(lines)


def _row(
    key: FileKey,
    landed: Landed | None,
    written: int,
    fates: tuple[int, ...],
    waiting: int = 0,
    unsent: int = 0,
    records: int = 0,
    coverage: Coverage | None = None,
) -> FileRow:
    came, bytes_ = landed or _NOTHING, coverage or Coverage()
    bronze, in_flight, (accepted, quarantined, erased) = came.streamed + came.imported, waiting + unsent, fates
    came_new = came.accepted + came.quarantined + came.erased
    return FileRow(
        *key, written=written, read=written - unsent, kafka=came.streamed + records, bronze=bronze, accepted=accepted,
        quarantined=quarantined, duplicates=came.duplicates + came_new - sum(fates), erased=erased,
        in_flight=in_flight, torn=bytes_.torn, missing_bytes=length(bytes_.missing), doubled_bytes=length(bytes_.doubled),
        broken_ranges=bytes_.in_words(), residue=written + bytes_.torn - sum(fates) - in_flight,
    )  # fmt: skip
