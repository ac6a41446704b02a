"""Ledger A and B, live: lines of each file from byte to fate, and accepted lines of each window against gold."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import polars as pl

from shoplog.contracts.metrics import TRAFFIC
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE, LEDGER_CENSUS_LIVE, LEDGER_FAMILY
from shoplog.io.kafka import records, topic_offsets
from shoplog.io.offsets import committed_offsets
from shoplog.settings import Settings
from shoplog.sites import Site

FileKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class FileRow:
    """A: one file. written = accepted + quarantined + in flight + residue; in flight is measured, never a remainder."""

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
    residue: int


@dataclass(frozen=True, slots=True)
class WindowRow:
    """B: one site and minute."""

    site: str
    window_start: str
    accepted: int
    gold: int
    residue: int


def file_rows(settings: Settings, sites: dict[str, Site]) -> list[FileRow]:
    """Return A for every file that a census or the stream has seen."""
    census, fates = _census(settings), _fates(settings)
    unsent, unlanded = _unsent_lines(settings, sites, census), _unlanded(settings)
    rows = []
    for key in sorted(census.keys() | fates.keys()):
        bronze, accepted, quarantined, duplicates, _ = fates.get(key, (0, 0, 0, 0, -1))
        in_kafka, in_kafka_new = unlanded.get(key, (0, 0))
        # A file no census has seen (a foreign record in the topic) has nothing but what arrived to be held against.
        written = census[key][1] if key in census else accepted + quarantined + in_kafka_new
        in_flight = unsent.get(key, 0) + in_kafka_new
        rows.append(
            FileRow(
                *key, written=written, read=written - unsent.get(key, 0), kafka=bronze + in_kafka, bronze=bronze,
                accepted=accepted, quarantined=quarantined, duplicates=duplicates, in_flight=in_flight,
                residue=written - accepted - quarantined - in_flight,
            )
        )  # fmt: skip
    return rows


def window_rows(settings: Settings) -> list[WindowRow]:
    """Return B for every minute: bronze's rows on one side, gold's partials on the other, both at gold's offsets."""
    bronze, gold = (settings.warehouse / t.name for t in (BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE))
    if not gold.exists():
        return []
    minute = pl.col("event_time").dt.truncate("1m").alias("window_start")
    # Gold is read first: bronze may run ahead of it by a batch, which is in flight and not missing.
    measured = [
        (pl.col("kafka_partition") == partition) & (pl.col("kafka_offset") < offset)
        for partition, offset in (committed_offsets(gold) or {}).items()
    ]
    traffic = pl.scan_delta(str(gold)).filter(pl.col("family") == TRAFFIC.name)
    counted = traffic.group_by("site", "window_start").agg(pl.col("requests").sum().alias("gold")).collect()
    rows = pl.scan_delta(str(bronze)).filter((pl.col("fate") == "accepted") & pl.any_horizontal(measured or [False]))
    accepted = rows.group_by("site", minute).agg(pl.len().cast(pl.Int64).alias("accepted")).collect()
    both = accepted.join(counted, on=["site", "window_start"], how="full", coalesce=True).fill_null(0)
    return [
        WindowRow(site, at.isoformat(), lines, gold_lines, lines - gold_lines)
        for site, at, lines, gold_lines in both.sort("site", "window_start").iter_rows()
    ]


def as_json(row: FileRow | WindowRow) -> str:
    """Return the row as one JSON object."""
    return json.dumps(asdict(row))


def _census(settings: Settings) -> dict[FileKey, tuple[int, int]]:
    """Return (bytes in whole lines, whole lines) of each file: what landed of the censuses, and what has not yet."""
    path = settings.warehouse / LEDGER_CENSUS_LIVE.name
    seen: dict[FileKey, tuple[int, int]] = {}
    if path.exists():
        latest = (
            pl.scan_delta(str(path)).group_by("site", "host", "file").agg(pl.col("size").max(), pl.col("lines").max())
        )
        seen = {(site, host, file): (size, lines) for site, host, file, size, lines in latest.collect().iter_rows()}
    beginning, end = topic_offsets(settings, settings.topic_census)
    landed = committed_offsets(path) or {}
    start = {p: max(landed.get(p, 0), beginning[p]) for p in end}
    for _, _, value in records(settings, settings.topic_census, start, end):
        said = json.loads(value)
        key = (said["site"], said["host"], said["file"])
        seen[key] = max(seen.get(key, (0, 0)), (said["size"], said["lines"]))
    return seen


def _fates(settings: Settings) -> dict[FileKey, tuple[int, int, int, int, int]]:
    """Return bronze, accepted, quarantined and duplicate rows of each file, counted in bronze itself."""
    path = settings.warehouse / BRONZE_ACCESS_LOG.name
    if not path.exists():
        return {}
    fate = pl.col("fate")
    counts = [fate.eq(name).sum().cast(pl.Int64).alias(name) for name in ("accepted", "quarantined", "duplicate")]
    files = pl.scan_delta(str(path)).group_by("site", "host", "file")
    rows = files.agg(pl.len().cast(pl.Int64), *counts, pl.col("byte_offset").max().alias("highest")).collect()
    return {(site, host, file): tuple(counted) for site, host, file, *counted in rows.iter_rows()}


def _unsent_lines(
    settings: Settings, sites: dict[str, Site], census: dict[FileKey, tuple[int, int]]
) -> dict[FileKey, int]:
    """Return the lines between Taildir's position and the census of each file of this host, counted in the file."""
    positions = _taildir_positions(settings)
    lines: dict[FileKey, int] = {}
    for (site, host, file), (size, _) in census.items():
        path = sites[site].log_dir / file if site in sites and host == settings.host else None
        position = positions.get(str(path), 0)
        if path is not None and path.exists() and position < size:
            with path.open("rb") as log:
                log.seek(position)
                left = size - position
                count = 0
                while left > 0 and (chunk := log.read(min(left, 8 << 20))):
                    count, left = count + chunk.count(b"\n"), left - len(chunk)
            lines[site, host, file] = count
    return lines


def _taildir_positions(settings: Settings) -> dict[str, int]:
    """Return Taildir's position in each file; the last good copy where the file is caught being rewritten."""
    for path in (settings.taildir_position, settings.taildir_position_good):
        try:
            return {entry["file"]: int(entry["pos"]) for entry in json.loads(path.read_text(encoding="utf-8"))}
        except (OSError, ValueError):
            continue
    return {}


def _unlanded(settings: Settings) -> dict[FileKey, tuple[int, int]]:
    """Return (records, of these new lines) of each file between bronze's offsets and Kafka's end, by reading them."""
    beginning, end = topic_offsets(settings, settings.topic_raw)
    bronze = committed_offsets(settings.warehouse / BRONZE_ACCESS_LOG.name) or {}
    start = {p: max(bronze.get(p, 0), beginning[p]) for p in end}
    highest = _marks(settings)
    counts: dict[FileKey, tuple[int, int]] = {}
    for partition, offset, value in records(settings, settings.topic_raw, start, end):
        pieces = value.split(b"\t", 6)
        bad = len(pieces) < 7 or not pieces[4].isdigit()
        place = ["(unknown)", "(unknown)", f"(kafka partition {partition})"]
        site, host, file = place if bad else [piece.decode("utf-8", "replace") for piece in pieces[1:4]]
        at = offset if bad else int(pieces[4])
        new = at > highest.get((partition, site, host, file), -1)
        highest[partition, site, host, file] = max(at, highest.get((partition, site, host, file), -1))
        both = counts.get((site, host, file), (0, 0))
        counts[site, host, file] = (both[0] + 1, both[1] + int(new))
    return counts


def _marks(settings: Settings) -> dict[tuple[int, str, str, str], int]:
    path = settings.warehouse / GOLD_PARTIAL_LIVE.name
    if not path.exists():
        return {}
    place = ["kafka_partition", "site", "host", "file"]
    ledger = pl.scan_delta(str(path)).filter(pl.col("family") == LEDGER_FAMILY)
    rows = ledger.group_by(place).agg(pl.col("highest_byte_offset").max()).collect()
    return {(partition, site, host, file): at for partition, site, host, file, at in rows.iter_rows()}
